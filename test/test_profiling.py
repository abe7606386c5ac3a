# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from avpr_ros.profiling import collect_stage_times, timed_stage


class Clock:
    """A clock that the test sets forward."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s

    def forward(self, seconds: float) -> None:
        self.now_s += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_timed_stage_nested_counts_its_own_time_only(clock):
    with collect_stage_times(clock) as durations_s:
        with timed_stage('decision'):
            clock.forward(1.0)
            with timed_stage('search'):
                clock.forward(4.0)
            clock.forward(2.0)
        with timed_stage('decision'):
            clock.forward(0.5)
    assert durations_s == {'decision': 3.5, 'search': 4.0}


def test_timed_stage_that_raises_is_counted(clock):
    with (
        collect_stage_times(clock) as durations_s,
        pytest.raises(ValueError),
        timed_stage('decode'),
    ):
        clock.forward(2.0)
        raise ValueError
    assert durations_s == {'decode': 2.0}


def test_timed_stage_without_collector_keeps_nothing(clock):
    with timed_stage('decode'):
        clock.forward(1.0)
    with collect_stage_times(clock) as durations_s:
        pass
    assert durations_s == {}
