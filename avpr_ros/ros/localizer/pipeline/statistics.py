# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Counts and durations for the diagnostics of the node."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
import time

import numpy as np

from avpr_ros.localization.result import MatchResult, Reason
from avpr_ros.profiling import STAGES
from avpr_ros.ros.localizer.pipeline.recent_outcomes import MATCHED, RecentOutcomes

#: Images over which the percentiles of the work time are taken.
WINDOW = 100
#: Percentiles of a window of durations that are reported.
PERCENTILES = (50, 95, 99)
#: Outcome of images on which an unexpected error was raised.
FAILED = 'failed'


@dataclass
class Statistics:
    """Counters and the recent past; written by the worker, read by the diagnostics.

    Attributes:
        reasons: results by reason.
        dropped: images that were not matched, by reason.
        decode_failures: images that could not be decoded, by camera.
        problems: why the last image of a camera could not be decoded; absent after a good one.
        unseeing: why nothing is visible in the last image of a camera; absent where something is.
        failures: images on which an unexpected error was raised.
        details: last error by reason of a drop; ``failed`` is that of the failures.
        recent: what became of the images of the last seconds.
        work_s: durations of the last images, decoding to publishing.
        stages_s: durations of their stages, by name, image by image.
        moved_images: how many of a camera's last images contradict the place before; absent
            where none do.
        last_fix_s: ``time.monotonic()`` of the last accepted match.
    """

    reasons: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)
    decode_failures: Counter[str] = field(default_factory=Counter)
    problems: dict[str, str] = field(default_factory=dict)
    unseeing: dict[str, str] = field(default_factory=dict)
    failures: int = 0
    details: dict[str, str] = field(default_factory=dict)
    recent: RecentOutcomes = field(default_factory=RecentOutcomes)
    work_s: deque[float] = field(default_factory=lambda: deque(maxlen=WINDOW))
    stages_s: deque[Mapping[str, float]] = field(default_factory=lambda: deque(maxlen=WINDOW))
    last_fix_s: float | None = None
    moved_images: dict[str, int] = field(default_factory=dict)

    def matched(self, result: MatchResult) -> None:
        """Count one image that was matched, accepted or not."""
        self.reasons[result.reason.value] += 1
        self.problems.pop(result.camera, None)
        if result.reason is Reason.NOTHING_VISIBLE:
            self.recent.add(result.camera, result.reason.value)
            self.details[result.reason.value] = self.unseeing[result.camera] = result.text
            return
        self.unseeing.pop(result.camera, None)
        self.recent.add(result.camera, MATCHED)
        self.moved_images.pop(result.camera, None)
        if result.moved_images:
            self.moved_images[result.camera] = result.moved_images
        if result.estimate is not None:
            self.last_fix_s = time.monotonic()

    def drop(self, camera: str, reason: str, images: int = 1, detail: str = '') -> None:
        """Count images that were not matched.

        Args:
            camera: name of their camera.
            reason: in one word.
            images: how many.
            detail: the reason and its remedy in a sentence; empty without.
        """
        self.dropped[reason] += images
        self.recent.add(camera, reason, images)
        if detail:
            self.details[reason] = detail

    def failed(self, camera: str, detail: str) -> None:
        """Count one image on which an unexpected error was raised."""
        self.failures += 1
        self.recent.add(camera, FAILED)
        self.details[FAILED] = detail

    def restart(self) -> None:
        """Forget what depends on time going forward; the counts stay."""
        self.last_fix_s = None
        self.unseeing.clear()
        self.moved_images.clear()

    def undecodable(self, camera: str, problem: str) -> None:
        """Count one image that could not be decoded."""
        self.decode_failures[camera] += 1
        self.recent.add(camera, 'undecodable')
        self.problems[camera] = problem

    def took(self, stages_s: Mapping[str, float]) -> None:
        """Record how long each stage of one image took."""
        self.stages_s.append(stages_s)
        self.work_s.append(sum(stages_s.values()))

    def work_percentiles_ms(self) -> tuple[float, ...] | None:
        """Return p50, p95 and p99 of the work in milliseconds; None before the first image."""
        return _percentiles_ms(list(self.work_s)) if self.work_s else None

    def stage_percentiles_ms(self) -> dict[str, tuple[float, ...]]:
        """Return the same of each stage that there was, in the order of the work."""
        images = list(self.stages_s)
        names = [*STAGES, *sorted({name for image in images for name in image} - {*STAGES})]
        found = {name: [image[name] for image in images if name in image] for name in names}
        return {name: _percentiles_ms(one) for name, one in found.items() if one}


def _percentiles_ms(durations_s: list[float]) -> tuple[float, ...]:
    return tuple(float(one) * 1e3 for one in np.percentile(durations_s, PERCENTILES))
