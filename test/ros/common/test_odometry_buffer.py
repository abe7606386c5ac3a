# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np

from avpr_ros.poses import Pose
from avpr_ros.ros.common.odometry_buffer import OdometryBuffer

S = 10**9


def buffer_of(*samples: tuple[int, float], keep_s: float | None = 100.0) -> OdometryBuffer:
    buffer = OdometryBuffer(keep_s)
    for stamp_ns, x_m in samples:
        buffer.add(stamp_ns, Pose.from_xy_yaw(x_m, 0.0, 0.1 * x_m))
    return buffer


def test_poses_between_two_are_interpolated() -> None:
    pose = buffer_of((10 * S, 0.0), (11 * S, 2.0)).at(10 * S + S // 4)
    assert pose is not None
    np.testing.assert_allclose(pose.translation_m, [0.5, 0.0, 0.0], atol=1e-12)
    np.testing.assert_allclose(pose.yaw_rad(), 0.05, atol=1e-12)


def test_nothing_is_known_outside_and_across_a_gap() -> None:
    buffer = buffer_of((10 * S, 0.0), (11 * S, 1.0), (14 * S, 2.0))
    assert buffer.at(9 * S) is None
    assert buffer.at(15 * S) is None
    assert buffer.at(12 * S) is None
    assert buffer.at(14 * S) is not None


def test_late_and_repeated_messages_find_their_place() -> None:
    buffer = buffer_of((10 * S, 0.0), (12 * S, 2.0), (11 * S, 5.0), (12 * S, 9.0))
    assert buffer.all()[0] == [10 * S, 11 * S, 12 * S]
    assert buffer.at(12 * S).translation_m[0] == 2.0
    assert buffer.restarts == 0


def test_motion_is_seen_from_the_earlier_pose() -> None:
    buffer = OdometryBuffer(10.0)
    buffer.add(S, Pose.from_xy_yaw(0.0, 0.0, np.pi / 2))
    buffer.add(2 * S, Pose.from_xy_yaw(0.0, 3.0, np.pi / 2))
    np.testing.assert_allclose(buffer.motion(S, 2 * S).translation_m, [3, 0, 0], atol=1e-12)


def test_old_poses_go_and_a_restart_forgets_all() -> None:
    buffer = buffer_of(*[(k * S, float(k)) for k in range(200)])
    assert buffer.all()[0][0] == 100 * S
    buffer.add(5 * S, Pose.identity())
    assert buffer.all()[0] == [5 * S]
    assert buffer.restarts == 1


def test_a_buffer_that_keeps_all_takes_no_late_message_for_a_restart() -> None:
    buffer = buffer_of((100 * S, 0.0), (1 * S, 0.0), keep_s=None)
    assert buffer.all()[0] == [1 * S, 100 * S]


def test_poses_too_near_in_time_are_dropped() -> None:
    buffer = OdometryBuffer(None, min_step_s=0.1)
    for k in range(100):
        buffer.add(S + k * S // 100, Pose.identity())
    assert len(buffer.all()[0]) == 10 + 1


def test_thinned_odometry_still_reaches_to_its_newest_pose() -> None:
    """An image at the end of a drive has odometry at its stamp, however near to a kept one."""
    buffer = OdometryBuffer(None, min_step_s=0.04)
    for k in range(24):
        buffer.add(k * S // 100, Pose.from_xy_yaw(float(k), 0.0, 0.0))
        assert buffer.at(k * S // 100).translation_m[0] == k
    assert [stamp * 100 // S for stamp in buffer.all()[0]] == [0, 4, 8, 12, 16, 20, 23]
