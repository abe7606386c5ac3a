# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Where the time of one image goes: ``with stage('search')`` around the work, wherever it is done.

Nobody pays for it unless somebody measures: the node for its diagnostics, ``avpr bench`` for its
table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
import time
from typing import TypeAlias

#: The stages of one image, in order. ``geometry`` is what a map with landmarks adds: corners,
#: evidence, pose. ``guards`` is what is left of the matching.
STAGES = ('decode', 'preprocess', 'network', 'search', 'geometry', 'guards', 'publish')

Clock: TypeAlias = Callable[[], float]

_MEASURED: ContextVar[tuple[dict[str, float], Clock] | None] = ContextVar('measured', default=None)


@contextmanager
def measured(clock: Clock = time.perf_counter) -> Iterator[dict[str, float]]:
    """Yield a dictionary that fills with the seconds of each stage, in this thread.

    Args:
        clock: ``time.thread_time`` leaves out what other programs take meanwhile, and other
            threads of this one.
    """
    durations_s: dict[str, float] = {}
    token = _MEASURED.set((durations_s, clock))
    try:
        yield durations_s
    finally:
        _MEASURED.reset(token)


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Count the time of the block as that of a stage; a stage inside it counts on its own.

    Args:
        name: of the stage; several blocks of one name add up.
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
