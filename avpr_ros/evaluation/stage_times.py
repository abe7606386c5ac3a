# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""How long each stage of an image takes on this machine, with a map and a query network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
import time

import numpy as np
from numpy.typing import NDArray

from avpr_ros.localization.recognizer import Recognizer
from avpr_ros.profiling import STAGES, collect_stage_times, timed_stage
from avpr_ros.sources.images.decode import decode_encoded
from avpr_ros.sources.images.image_size import encoded_size_px

#: Images before those that count: files, caches and clocks warm up.
WARM_UP = 5
_PERCENTILES = (50, 95, 99)


@dataclass(frozen=True)
class StageTimes:
    """Processing times and memory of a run over some images.

    Attributes:
        stages_ms: p50, p95 and p99 of each stage and of their ``total``, milliseconds.
        images: number of timed images.
        cpu_ms: CPU time per image, over all threads, milliseconds.
        resident_mb: memory of this process at the end, including the command line tool.
    """

    stages_ms: Mapping[str, tuple[float, ...]]
    images: int
    cpu_ms: float
    resident_mb: float


def time_stages(
    files: Sequence[NDArray[np.uint8]], recognizer: Recognizer, images: int
) -> StageTimes:
    """Decode, describe and match encoded images one by one, as the node does.

    Args:
        files: JPEG or PNG files as (n,) uint8; they are taken in turn.
        recognizer: describes and matches.
        images: number of timed images, at least 1.
    """
    recorded: list[Mapping[str, float]] = []
    cpu_s = 0.0
    for number in range(WARM_UP + images):
        if number == WARM_UP:
            recorded.clear()
            cpu_s = time.process_time()
        with collect_stage_times() as stages_s:
            with timed_stage('decode'):
                data = files[number % len(files)]
                image = decode_encoded(data, 'image', recognizer.least_side_px)
            recognizer.recognize(image, number * 10**8, 'camera', sent_px=encoded_size_px(data))
        recorded.append(stages_s)
    cpu_ms = (time.process_time() - cpu_s) / images * 1e3
    stages_ms = {
        name: _percentiles_ms([durations_s[name] for durations_s in recorded])
        for name in (*STAGES, *sorted(recorded[0].keys() - set(STAGES)))
        if name in recorded[0]
    }
    stages_ms['total'] = _percentiles_ms([sum(durations_s.values()) for durations_s in recorded])
    return StageTimes(stages_ms, images, cpu_ms, _resident_mb())


def _percentiles_ms(seconds: list[float]) -> tuple[float, ...]:
    return tuple(float(percentile) * 1e3 for percentile in np.percentile(seconds, _PERCENTILES))


def _resident_mb() -> float:
    status = Path('/proc/self/status').read_text(encoding='utf-8')
    line = next(line for line in status.splitlines() if line.startswith('VmRSS'))
    return int(line.split()[1]) / 1e3
