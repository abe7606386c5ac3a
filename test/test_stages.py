# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from avpr_ros import stages
from avpr_ros.stages import measured, stage


@pytest.fixture
def clock(monkeypatch):
    """A clock that only goes on when told to."""
    now = [0.0]
    monkeypatch.setattr(stages.time, 'perf_counter', lambda: now[0])

    def pass_s(seconds):
        now[0] += seconds

    return pass_s


def test_a_stage_inside_another_counts_on_its_own(clock):
    with measured() as durations_s:
        with stage('guards'):
            clock(1.0)
            with stage('search'):
                clock(4.0)
            clock(2.0)
        with stage('guards'):
            clock(0.5)
    assert durations_s == {'guards': 3.5, 'search': 4.0}


def test_what_fails_is_counted_too(clock):
    with measured() as durations_s, pytest.raises(ValueError), stage('decode'):
        clock(2.0)
        raise ValueError
    assert durations_s == {'decode': 2.0}


def test_without_a_listener_nothing_is_kept(clock):
    with stage('decode'):
        clock(1.0)
    with measured() as durations_s:
        pass
    assert durations_s == {}
