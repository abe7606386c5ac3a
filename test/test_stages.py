# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from avpr_ros.profiling import measured, stage


class Clock:
    """Goes on only when told to."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s

    def forward(self, seconds: float) -> None:
        self.now_s += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_stage_inside_another_counts_on_its_own(clock):
    with measured(clock) as durations_s:
        with stage('guards'):
            clock.forward(1.0)
            with stage('search'):
                clock.forward(4.0)
            clock.forward(2.0)
        with stage('guards'):
            clock.forward(0.5)
    assert durations_s == {'guards': 3.5, 'search': 4.0}


def test_what_fails_is_counted_too(clock):
    with measured(clock) as durations_s, pytest.raises(ValueError), stage('decode'):
        clock.forward(2.0)
        raise ValueError
    assert durations_s == {'decode': 2.0}


def test_without_a_listener_nothing_is_kept(clock):
    with stage('decode'):
        clock.forward(1.0)
    with measured(clock) as durations_s:
        pass
    assert durations_s == {}
