# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from avpr_ros.localization.temporal.travel import Spacings
from avpr_ros.poses import Pose


def test_a_motion_is_the_larger_of_way_and_turn():
    spacings = Spacings(2.0, 0.5)
    start = Pose.from_xy_yaw(0, 0, 0)
    assert spacings.between(start, Pose.from_xy_yaw(3, 0, 0.1)) == pytest.approx(1.5)
    assert spacings.between(start, Pose.from_xy_yaw(0, 0, -1.0)) == pytest.approx(2.0)
    assert Spacings(2.0, 0.0).between(start, Pose.from_xy_yaw(0, 0, 3.0)) == 0.0


def test_keyframes_are_counted_along_their_own_chain():
    poses = [
        Pose.from_xy_yaw(x, 0, yaw) for x, yaw in ((0, 0), (2, 0), (2, 1.0), (50, 0), (53, 0))
    ]
    rows = np.stack([pose.as_xyz_quaternion() for pose in poses])
    along = Spacings(2.0, 0.5).along(rows, np.array([0, 0, 0, 1, 1]))
    np.testing.assert_allclose(along, [0, 1, 3, 0, 1.5], atol=1e-6)


def test_senseless_distances_stay_finite():
    far = Pose(np.array([1e200, -1e200, 0.0]), Pose.identity().rotation)
    assert Spacings(0.0, 0.0).between(Pose.identity(), far) == 1e5
    one = Pose.identity().as_xyz_quaternion()[np.newaxis]
    assert Spacings(1.0, 0.3).along(one, np.zeros(1, np.int64)).tolist() == [0.0]
