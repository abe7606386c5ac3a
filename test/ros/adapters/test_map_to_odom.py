# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from drive import START_NS, fix_at
import numpy as np
import pytest

from avpr_ros.errors import ConfigError
from avpr_ros.poses import Pose
from avpr_ros.ros.adapters.guard import Guard, GuardSettings
from avpr_ros.ros.adapters.map_to_odom import MapToOdom, OtherPublishers
from avpr_ros.ros.adapters.tf_output import TfOutput, transform_message
from avpr_ros.ros.odometry import OdometryBuffer


def test_odometry_at_the_stamp_of_the_image_lands_on_the_fix() -> None:
    odometry = OdometryBuffer(10.0)
    adapter = MapToOdom(Guard(GuardSettings(agreeing=1), odometry), odometry)
    assert adapter.on_fix(fix_at(5, 1)).send is None
    assert adapter.map_from_odom is None
    odom_from_base = Pose.from_xy_yaw(7.0, -2.0, 2.0)
    odometry.add(START_NS + 2 * 10**9, odom_from_base)
    fix = fix_at(3.0, 2.0, y_m=4.0, yaw_rad=0.5)
    assert adapter.on_fix(fix).send is not None
    there = adapter.map_from_odom @ odom_from_base
    np.testing.assert_allclose(there.as_xyz_quaternion(), fix.pose.as_xyz_quaternion(), atol=1e-12)
    assert adapter.map_frame == 'map'


def test_only_ones_own_stamps_are_not_foreign() -> None:
    others = OtherPublishers()
    others.sent(5, 6)
    assert not others.foreign(5, 6)
    assert others.foreign(5, 7)


def test_the_transform_names_both_frames() -> None:
    message = transform_message(Pose.from_xy_yaw(1, 2, 0.0), 'map', 'odom', fix_stamp())
    assert (message.header.frame_id, message.child_frame_id) == ('map', 'odom')
    assert message.transform.translation.y == 2.0
    assert message.transform.rotation.w == 1.0


def test_without_tf2_msgs_the_mode_is_refused_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(__import__('sys').modules, 'tf2_msgs.msg', None)
    with pytest.raises(ConfigError, match='tf2_msgs'):
        TfOutput(None, 'odom')


def fix_stamp() -> object:
    from builtin_interfaces.msg import Time

    return Time(sec=1, nanosec=2)
