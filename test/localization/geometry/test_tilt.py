# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from avpr_ros.localization.geometry.tilt import TiltCheck
from avpr_ros.poses import Pose

FLAT = np.stack([Pose.from_xy_yaw(i, 0.0, 0.3 * i).as_xyz_quaternion() for i in range(5)])


def turned(axes: str, *degrees: float) -> Pose:
    return Pose(np.zeros(3), Rotation.from_euler(axes, degrees, degrees=True))


@pytest.mark.parametrize('yaw_deg', [0.0, 90.0, 180.0, -77.0])
@pytest.mark.parametrize('slope_deg', [-25.0, 0.0, 25.0])
def test_any_heading_on_a_slope_is_possible(yaw_deg: float, slope_deg: float) -> None:
    assert TiltCheck(FLAT).rejection(turned('zy', yaw_deg, slope_deg)) is None


@pytest.mark.parametrize('roll_deg', [90.0, 180.0, -90.0])
def test_turned_image_is_impossible(roll_deg: float) -> None:
    text = TiltCheck(FLAT).rejection(turned('ZX', 40.0, roll_deg))
    assert text is not None
    assert f'tilted by {abs(roll_deg):.0f} degrees' in text


def test_tilts_of_the_map_itself_are_possible() -> None:
    rolled = turned('x', 170.0)
    poses = np.vstack([FLAT, rolled.as_xyz_quaternion()[np.newaxis]])
    assert TiltCheck(poses).rejection(turned('x', 180.0)) is None
