# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from drive import START_NS, fix_at
import pytest

from avpr_ros.poses import Pose
from avpr_ros.ros.adapters.match_consistency import ConsistencySettings, MatchConsistency
from avpr_ros.ros.common.odometry_buffer import OdometryBuffer


def guard_with(odometry: list[tuple[float, float]], **settings: float) -> MatchConsistency:
    buffer = OdometryBuffer(100.0, max_gap_s=10.0)
    for seconds, x_m in odometry:
        buffer.add(START_NS + round(seconds * 1e9), Pose.from_xy_yaw(x_m, 0.0, 0.0))
    return MatchConsistency(ConsistencySettings(**settings), buffer)


def passed(guard: MatchConsistency, *fixes: tuple[float, float]) -> list[bool]:
    return [guard.check(fix_at(x_m, seconds)).passed for x_m, seconds in fixes]


def test_the_third_agreeing_match_passes() -> None:
    assert passed(guard_with([]), (0, 0), (0.5, 1), (1, 2)) == [False, False, True]


def test_a_wrong_match_starts_the_row_anew_and_never_passes() -> None:
    fixes = [(0, 0), (0, 1), (50, 2), (0, 3), (0, 4), (0, 5)]
    assert passed(guard_with([]), *fixes) == [False, False, False, False, False, True]


def test_odometry_takes_the_motion_off() -> None:
    fixes = [(0, 0), (10, 1), (20, 2)]
    assert passed(guard_with([]), *fixes)[-1] is False
    assert passed(guard_with([(0, 0), (1, 10), (2, 20)]), *fixes)[-1] is True


def test_matches_that_stay_while_odometry_drives_on_disagree() -> None:
    guard = guard_with([(0, 0), (1, 10), (2, 20)])
    assert passed(guard, (0, 0), (0, 1), (0, 2)) == [False, False, False]


def test_matches_out_of_the_window_do_not_count() -> None:
    assert passed(guard_with([], window_s=5.0), (0, 0), (0, 6), (0, 12))[-1] is False


def test_a_repeated_or_late_match_does_not_count() -> None:
    assert passed(guard_with([]), (0, 5), (0, 5), (0, 4), (0, 6), (0, 7)) == [
        *[False] * 4,
        True,
    ]


def test_time_that_goes_back_starts_anew() -> None:
    guard = guard_with([])
    assert passed(guard, (0, 100), (0, 101)) == [False, False]
    assert passed(guard, (0, 1), (0, 2), (0, 3)) == [False, False, True]


@pytest.mark.parametrize(('step_m', 'last'), [(0.0, False), (1.0, True)])
def test_standing_still_is_no_further_evidence_when_travel_is_asked_for(
    step_m: float, last: bool
) -> None:
    guard = guard_with([(k, k * step_m) for k in range(6)], min_travel_m=0.5)
    assert passed(guard, *[(k * step_m, k) for k in range(5)])[-1] is last


def test_turned_matches_disagree() -> None:
    guard = guard_with([], min_consistent_matches=2)
    guard.check(fix_at(0, 0))
    assert not guard.check(fix_at(0, 1, yaw_rad=3.0)).passed


def test_after_a_jump_matches_pass_as_at_a_start_and_say_that_the_robot_was_moved() -> None:
    still = [(float(seconds), 0.0) for seconds in range(0, 40, 2)]
    guard = guard_with(still)
    assert passed(guard, *[(0.0, float(k)) for k in range(10)])[-1]
    verdicts = [guard.check(fix_at(80.0, 10.0 + k)) for k in range(5)]
    assert [one.passed for one in verdicts] == [False, False, True, True, True]
    assert [one.relocated for one in verdicts] == [False, False, True, False, False]


def test_without_odometry_a_match_far_away_is_no_relocation() -> None:
    guard = guard_with([], window_s=5.0)
    assert passed(guard, (0, 0), (0, 1), (0, 2))[-1]
    verdicts = [guard.check(fix_at(80.0, 60.0 + k)) for k in range(3)]
    assert verdicts[-1].passed and not verdicts[-1].relocated
