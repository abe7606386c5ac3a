# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Time per stage of one image: ``with timed_stage('search')`` around the code of a stage.

Without an enclosing ``collect_stage_times`` nothing is measured. The node collects for its
diagnostics, ``avpr bench`` for its table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
import time
from typing import TypeAlias

#: The stages of one image, in order. ``geometry`` is what a map with landmarks adds: local
#: features, place likelihoods, pose. ``decision`` is the rest of
#: the matcher's step: checks, temporal filter, pose and covariance.
STAGES = ('decode', 'preprocess', 'network', 'search', 'geometry', 'decision', 'publish')

Clock: TypeAlias = Callable[[], float]

_MEASURED: ContextVar[tuple[dict[str, float], Clock] | None] = ContextVar(
    'stage_times', default=None
)


@contextmanager
def collect_stage_times(clock: Clock = time.perf_counter) -> Iterator[dict[str, float]]:
    """Yield a dictionary that collects the seconds of each stage of this thread.

    Args:
        clock: in seconds; ``time.thread_time`` counts the processor time of this thread only,
            without other threads and programs.
    """
    durations_s: dict[str, float] = {}
    token = _MEASURED.set((durations_s, clock))
    try:
        yield durations_s
    finally:
        _MEASURED.reset(token)


@contextmanager
def timed_stage(name: str) -> Iterator[None]:
    """Add the time of the block to a stage; the time of a nested stage is not counted twice.

    Args:
        name: of the stage; blocks of the same name add up.
    """
    measuring = _MEASURED.get()
    if measuring is None:
        yield
        return
    durations_s, clock = measuring
    inside_s = sum(durations_s.values())
    start_s = clock()
    try:
        yield
    finally:
        inside_s = sum(durations_s.values()) - inside_s
        own_s = clock() - start_s - inside_s
        durations_s[name] = durations_s.get(name, 0.0) + own_s
