# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from match_stream import START_NS, fix_at
import pytest

from avpr_ros.poses import Pose
from avpr_ros.ros.adapters.match_consistency import ConsistencySettings, MatchConsistency
from avpr_ros.ros.common.odometry_buffer import OdometryBuffer


def consistency_with(odometry: list[tuple[float, float]], **settings: float) -> MatchConsistency:
    buffer = OdometryBuffer(100.0, max_gap_s=10.0)
    for seconds, x_m in odometry:
        buffer.add(START_NS + round(seconds * 1e9), Pose.from_xy_yaw(x_m, 0.0, 0.0))
    return MatchConsistency(ConsistencySettings(**settings), buffer)


def passed(consistency: MatchConsistency, *fixes: tuple[float, float]) -> list[bool]:
    return [consistency.check(fix_at(x_m, seconds)).passed for x_m, seconds in fixes]


def test_consistency_third_agreeing_match_passes() -> None:
    assert passed(consistency_with([]), (0, 0), (0.5, 1), (1, 2)) == [False, False, True]


def test_consistency_wrong_match_restarts_count() -> None:
    fixes = [(0, 0), (0, 1), (50, 2), (0, 3), (0, 4), (0, 5)]
    assert passed(consistency_with([]), *fixes) == [False, False, False, False, False, True]


def test_consistency_subtracts_odometry_motion() -> None:
    fixes = [(0, 0), (10, 1), (20, 2)]
    assert passed(consistency_with([]), *fixes)[-1] is False
    assert passed(consistency_with([(0, 0), (1, 10), (2, 20)]), *fixes)[-1] is True


def test_consistency_constant_matches_of_moving_robot_are_rejected() -> None:
    consistency = consistency_with([(0, 0), (1, 10), (2, 20)])
    assert passed(consistency, (0, 0), (0, 1), (0, 2)) == [False, False, False]


def test_consistency_matches_outside_window_are_dropped() -> None:
    assert passed(consistency_with([], window_s=5.0), (0, 0), (0, 6), (0, 12))[-1] is False


def test_consistency_repeated_or_late_match_is_rejected() -> None:
    assert passed(consistency_with([]), (0, 5), (0, 5), (0, 4), (0, 6), (0, 7)) == [
        *[False] * 4,
        True,
    ]


def test_consistency_time_jump_back_resets() -> None:
    consistency = consistency_with([])
    assert passed(consistency, (0, 100), (0, 101)) == [False, False]
    assert passed(consistency, (0, 1), (0, 2), (0, 3)) == [False, False, True]


@pytest.mark.parametrize(('step_m', 'last'), [(0.0, False), (1.0, True)])
def test_consistency_with_min_travel_ignores_matches_at_rest(step_m: float, last: bool) -> None:
    consistency = consistency_with([(k, k * step_m) for k in range(6)], min_travel_m=0.5)
    assert passed(consistency, *[(k * step_m, k) for k in range(5)])[-1] is last


def test_consistency_rotated_match_is_rejected() -> None:
    consistency = consistency_with([], min_consistent_matches=2)
    consistency.check(fix_at(0, 0))
    assert not consistency.check(fix_at(0, 1, yaw_rad=3.0)).passed


def test_consistency_jump_against_odometry_is_relocation() -> None:
    still = [(float(seconds), 0.0) for seconds in range(0, 40, 2)]
    consistency = consistency_with(still)
    assert passed(consistency, *[(0.0, float(k)) for k in range(10)])[-1]
    verdicts = [consistency.check(fix_at(80.0, 10.0 + k)) for k in range(5)]
    assert [one.passed for one in verdicts] == [False, False, True, True, True]
    assert [one.relocated for one in verdicts] == [False, False, True, False, False]


def test_consistency_jump_without_odometry_is_no_relocation() -> None:
    consistency = consistency_with([], window_s=5.0)
    assert passed(consistency, (0, 0), (0, 1), (0, 2))[-1]
    verdicts = [consistency.check(fix_at(80.0, 60.0 + k)) for k in range(3)]
    assert verdicts[-1].passed and not verdicts[-1].relocated
