# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from avpr_ros.poses import Pose
from avpr_ros.ros.localizer.pipeline.gates import MotionGate, RateGate, too_old
from avpr_ros.stamps import NS_PER_S


def passed(times_s: np.ndarray, max_rate_hz: float) -> int:
    gate = RateGate()
    return sum(gate.open(int(time_s * NS_PER_S), max_rate_hz) for time_s in times_s)


@pytest.mark.parametrize('camera_hz', [5.0, 7.0, 10.0, 30.0])
@pytest.mark.parametrize('jitter', [0.0, 0.02])
def test_mean_rate_is_the_limit_whatever_the_camera(camera_hz: float, jitter: float) -> None:
    times_s = np.arange(0.0, 60.0, 1.0 / camera_hz)
    times_s = 1e3 + np.sort(times_s + np.random.default_rng(1).normal(0.0, jitter, times_s.size))
    assert 285 <= passed(times_s, 5.0) <= 302


def test_no_limit_and_slow_cameras_lose_nothing() -> None:
    assert passed(np.arange(0.0, 10.0, 0.01), 0.0) == 1000
    assert passed(np.arange(0.0, 10.0, 1.0), 5.0) == 10


def test_a_pause_is_not_made_up_for() -> None:
    gate = RateGate()
    assert gate.open(0, 1.0)
    burst = [gate.open(100 * NS_PER_S + n * NS_PER_S // 10, 1.0) for n in range(10)]
    assert sum(burst) <= 3


def test_the_gate_knows_when_it_opens_again() -> None:
    gate = RateGate()
    assert gate.closed_for_ns(7, 3.0) <= 0
    assert gate.open(7, 3.0)
    opens_ns = 7 + gate.closed_for_ns(7, 3.0)
    assert 0.29 * NS_PER_S < opens_ns < 0.31 * NS_PER_S
    assert not gate.open(opens_ns - 1, 3.0)
    assert gate.closed_for_ns(opens_ns - 1, 0.0) <= 0
    assert gate.open(opens_ns, 3.0)


def test_clock_that_jumps_back_and_rate_that_grows_open_the_gate() -> None:
    gate = RateGate()
    assert gate.open(100 * NS_PER_S, 0.01)
    assert not gate.open(101 * NS_PER_S, 0.01)
    assert gate.open(102 * NS_PER_S, 10.0)
    assert gate.open(50 * NS_PER_S, 0.01)


@pytest.mark.parametrize(
    ('age_s', 'limit_s', 'expected'),
    [
        (0.5, 1.0, False),
        (1.5, 1.0, True),
        (59.0, 1.0, True),
        (3600.0, 1.0, False),
        (-3600.0, 1.0, False),
        (30.0, 0.0, False),
    ],
)
def test_age(age_s: float, limit_s: float, expected: bool) -> None:
    now_ns = 1_700_000_000 * NS_PER_S
    assert too_old(now_ns - int(age_s * NS_PER_S), now_ns, limit_s) is expected


def moves(gate: MotionGate, time_s: float, x_m: float, yaw_rad: float = 0.0) -> bool:
    pose = Pose.from_xy_yaw(x_m, 0.0, yaw_rad)
    return gate.open('front', int(time_s * NS_PER_S), pose, 0.5, 0.2, 5.0)


def test_a_robot_that_stands_is_matched_once_in_a_while_only() -> None:
    gate = MotionGate()
    passed_at_s = [time_s for time_s in np.arange(0.0, 12.0, 0.2) if moves(gate, time_s, 1e-3)]
    assert passed_at_s == pytest.approx([0.0, 5.0, 10.0])


def test_travel_and_turning_open_the_gate_of_motion() -> None:
    gate = MotionGate()
    assert moves(gate, 0.0, 0.0)
    assert not moves(gate, 0.2, 0.4)
    assert moves(gate, 0.4, 0.6)
    assert moves(gate, 0.6, 0.6, yaw_rad=0.3)
    assert moves(gate, 0.1, 0.6, yaw_rad=0.3)  # time went back


def test_without_odometry_or_limits_every_image_passes() -> None:
    gate, here = MotionGate(), Pose.identity()
    assert all(gate.open('front', 0, None, 0.5, 0.2, 5.0) for _ in range(3))
    assert all(gate.open('front', 0, here, 0.0, 0.2, 5.0) for _ in range(3))


def test_each_camera_has_its_own_gate_of_motion() -> None:
    gate, here = MotionGate(), Pose.identity()
    assert gate.open('front', 0, here, 0.5, 0.2, 5.0)
    assert gate.open('back', 0, here, 0.5, 0.2, 5.0)
    assert not gate.open('front', 1, here, 0.5, 0.2, 5.0)
