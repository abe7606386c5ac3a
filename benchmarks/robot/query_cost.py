# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What one query descriptor costs, beside a foundation model on the same cores."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
import time

import numpy as np
import onnxruntime

from avpr_ros.evaluation.metrics.onnx_macs import count_onnx
from benchmarks.results import Row

THREADS = 2
#: One run of the heavy network takes about as long as this many of the default one.
_LIGHT_RUNS = 20


@dataclass(frozen=True)
class TimedNetwork:
    """A network to time.

    Attributes:
        path: its ONNX file.
        input_px: side of its image.
        counted: the file whose products count; another one where they are in 8 bits.
        runs: in each round.
    """

    path: Path
    input_px: int
    counted: Path
    runs: int = _LIGHT_RUNS


def query_cost(heavy: TimedNetwork, queries: Mapping[str, TimedNetwork], rounds: int) -> list[Row]:
    """Time query networks in turn with the heavy one, all in ONNX Runtime.

    Once by the clock on two threads, once by the processor time of one: what else the machine does
    moves the first more than the second.

    Args:
        heavy: what the others are compared with.
        queries: by method.
        rounds: how often each has its turn.
    """
    networks = {'dinov2_b': heavy, **queries}
    wall_s: dict[str, list[float]] = {name: [] for name in networks}
    cpu_s: dict[str, list[float]] = {name: [] for name in networks}
    both = {name: _session(one.path, THREADS) for name, one in networks.items()}
    alone = {name: _session(one.path, 1) for name, one in networks.items()}
    for number in range(rounds + 1):
        for name, one in networks.items():
            for _ in range(one.runs):
                wall = _timed(both[name], one.input_px, time.perf_counter)
                cpu = _timed(alone[name], one.input_px, time.thread_time)
                if number:  # the first round warms up
                    wall_s[name].append(wall)
                    cpu_s[name].append(cpu)
    macs = {name: count_onnx(one.counted, one.input_px)[0] for name, one in networks.items()}
    return [
        {
            'method': name,
            'input_px': networks[name].input_px,
            'ratio_to_dinov2_b': float(np.median(wall_s['dinov2_b']) / np.median(wall_s[name])),
            'cpu_ratio_to_dinov2_b': float(np.median(cpu_s['dinov2_b']) / np.median(cpu_s[name])),
            'latency_p50_ms': float(np.median(wall_s[name])) * 1e3,
            'latency_p99_ms': float(np.percentile(wall_s[name], 99)) * 1e3,
            'cpu_ms': float(np.median(cpu_s[name])) * 1e3,
            'gmacs': macs[name] / 1e9,
            'macs_share': macs[name] / macs['dinov2_b'],
        }
        for name in networks
    ]


def _session(path: Path, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=['CPUExecutionProvider'])


def _timed(
    session: onnxruntime.InferenceSession, side_px: int, clock: Callable[[], float]
) -> float:
    image = np.random.default_rng(0).integers(0, 256, (1, side_px, side_px, 3), np.uint8)
    start_s = clock()
    session.run(None, {'image': image})
    return clock() - start_s
