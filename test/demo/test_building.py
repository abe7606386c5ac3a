# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from avpr_ros.demo.building import (
    CAMERA_HEIGHT_M,
    FOCAL_PX,
    HEIGHT_PX,
    INNER_M,
    OUTER_M,
    WIDTH_PX,
    Building,
    Light,
    _segments,
)
from avpr_ros.demo.drives import MAPPING, SECOND, true_poses
from avpr_ros.poses import Pose


@pytest.fixture(scope='module')
def building() -> Building:
    return Building()


def test_the_same_seed_draws_the_same_picture(building: Building) -> None:
    pose = Pose.from_xy_yaw(0.0, -6.0, 0.0)
    first = building.picture(pose, Light(), 3)
    assert first.shape == (HEIGHT_PX, WIDTH_PX, 3)
    assert np.array_equal(first, Building().picture(pose, Light(), 3))
    assert not np.array_equal(first, Building(seed=1).picture(pose, Light(), 3))


def test_a_wall_ahead_ends_at_the_floor_where_the_camera_model_has_it(building: Building) -> None:
    # 4 m before the outer wall the skirting, darker than wall and floor, ends at the floor.
    wall_m = 4.0
    image = building.picture(Pose.from_xy_yaw(OUTER_M[0] - wall_m, -6.0, 0.0), Light(noise=0.0), 0)
    column = image[:, WIDTH_PX // 2].astype(float).mean(axis=1)
    expected_px = (HEIGHT_PX - 1) / 2 + FOCAL_PX * CAMERA_HEIGHT_M / wall_m
    darkest_px = int(expected_px) - 12 + int(column[int(expected_px) - 12 :][:14].argmin())
    assert abs(darkest_px - expected_px) < 9


def test_walls_are_drawn_from_left_to_right(building: Building) -> None:
    camera = np.array([0.0, -6.0])
    for start, end in zip(*_segments(), strict=True):
        outer = max(abs(start / OUTER_M)) >= 1.0
        if not outer:
            continue
        to_start, to_end = start - camera, end - camera
        assert to_start[0] * to_end[1] - to_start[1] * to_end[0] < 0


@pytest.mark.parametrize('drive', [MAPPING, SECOND], ids=lambda drive: drive.name)
def test_a_drive_stays_in_the_corridor_and_closes_its_round(drive) -> None:
    poses = true_poses(drive)
    places_m = np.abs([pose.translation_m[:2] for pose in poses])
    assert (places_m < np.array(OUTER_M) - 0.5).all()
    assert (places_m > np.array(INNER_M) + 0.5).any(axis=1).all()
    steps_m = [a.distance_m(b) for a, b in pairwise(poses)]
    assert max(steps_m) < 1.5 * drive.step_m
    assert poses[-1].distance_m(poses[0]) < 2 * drive.step_m
