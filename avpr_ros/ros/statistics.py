# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What the node counts, for its diagnostics."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
import time

import numpy as np

from avpr_ros.matching.result import MatchResult

#: Images over which the percentiles of the work time are taken.
WINDOW = 100


@dataclass
class Statistics:
    """Counters and the recent past; written by the worker, read by the diagnostics.

    Attributes:
        reasons: results by reason.
        dropped: images not worked on, by why.
        decode_failures: images that could not be decoded, by camera.
        problems: why the last image of a camera could not be decoded; absent after a good one.
        failures: images on which the work failed in another way.
        work_s: durations of the last images, decoding to decision.
        last_fix_s: ``time.monotonic()`` of the last accepted match.
    """

    reasons: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)
    decode_failures: Counter[str] = field(default_factory=Counter)
    problems: dict[str, str] = field(default_factory=dict)
    failures: int = 0
    work_s: deque[float] = field(default_factory=lambda: deque(maxlen=WINDOW))
    last_fix_s: float | None = None

    def matched(self, result: MatchResult, duration_s: float) -> None:
        """Count one image that was matched, accepted or not."""
        self.reasons[result.reason.value] += 1
        self.work_s.append(duration_s)
        self.problems.pop(result.camera, None)
        if result.estimate is not None:
            self.last_fix_s = time.monotonic()

    def undecodable(self, camera: str, problem: str) -> None:
        """Count one image that could not be decoded."""
        self.decode_failures[camera] += 1
        self.problems[camera] = problem

    def work_percentiles_ms(self) -> tuple[float, float] | None:
        """Return p50 and p95 of the work time in milliseconds; None before the first image."""
        durations = list(self.work_s)
        if not durations:
            return None
        p50, p95 = np.percentile(durations, [50, 95]) * 1e3
        return float(p50), float(p95)
