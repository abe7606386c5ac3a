# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from avpr_ros.poses import Pose


def test_chaining_takes_a_point_through_both_frames() -> None:
    map_from_base = Pose.from_xy_yaw(2.0, 1.0, np.pi / 2)
    base_from_camera = Pose.from_xyz_quaternion([0.5, 0.0, 0.3, 0, 0, 0, 1])
    map_from_camera = map_from_base @ base_from_camera
    np.testing.assert_allclose(map_from_camera.translation_m, [2.0, 1.5, 0.3], atol=1e-12)


def test_a_pose_and_its_inverse_cancel() -> None:
    pose = Pose.from_xyz_quaternion([1, -2, 3, 0.1, 0.2, 0.3, 0.9])
    identity = pose @ pose.inverse()
    np.testing.assert_allclose(
        identity.as_xyz_quaternion(), Pose.identity().as_xyz_quaternion(), atol=1e-12
    )


def test_quaternion_is_unit_and_of_one_sign() -> None:
    row = Pose.from_xyz_quaternion([0, 0, 0, 0, 0, 2, -2]).as_xyz_quaternion()
    np.testing.assert_allclose(row[3:], [0, 0, -np.sqrt(0.5), np.sqrt(0.5)], atol=1e-12)


@pytest.mark.parametrize('values', [[0, 0, 0, 0, 0, 0, 0], [np.nan, 0, 0, 0, 0, 0, 1], [1, 2, 3]])
def test_broken_numbers_are_refused(values: list[float]) -> None:
    with pytest.raises(ValueError, match='a pose needs'):
        Pose.from_xyz_quaternion(values)


def test_yaw_distance_and_angle() -> None:
    here, there = Pose.from_xy_yaw(0, 0, 0.2), Pose.from_xy_yaw(3, 4, 1.2)
    assert there.yaw_rad() == pytest.approx(1.2)
    assert here.distance_m(there) == pytest.approx(5.0)
    assert here.angle_rad(there) == pytest.approx(1.0)
