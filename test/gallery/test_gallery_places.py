# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from avpr_ros.gallery.places import (
    ANY_ANGLE_RAD,
    PlaceCriterion,
    default_distinct_radius_m,
    keyframe_spacing_m,
    unit_pose_rows,
)
from avpr_ros.poses import Pose


@pytest.mark.parametrize(
    ('step_m', 'set_m', 'spacing_m', 'radius_m'),
    [(4.0, 1.0, 4.0, 20.0), (0.05, 0.01, 0.05, 2.0), (0.0, 0.0, 0.0, 2.0)],
)
def test_places_follow_the_spacing_but_are_never_tiny(
    make_gallery, step_m, set_m, spacing_m, radius_m
):
    poses = [Pose.from_xy_yaw(step_m * i, 0, 0) for i in range(5)]
    gallery = make_gallery(np.eye(5, dtype=np.float32), poses, min_distance_m=set_m)
    assert keyframe_spacing_m(gallery) == pytest.approx(spacing_m)
    assert default_distinct_radius_m(gallery) == pytest.approx(radius_m)


@pytest.mark.parametrize(
    ('offset_m', 'radius_m', 'another'),
    [
        ((4.0, 0.0, 0.0), 5.0, False),
        ((6.0, 0.0, 0.0), 5.0, True),
        ((0.0, 0.0, 2.6), 5.0, True),  # the storey above
        ((4.5, 0.0, 1.0), 5.0, False),  # a ramp
        ((0.0, 0.0, 1.9), 2.0, False),
        ((38.0, 0.0, 9.0), 40.0, False),  # a road up a hill
    ],
)
def test_place_criterion_at_an_offset_compares_distance_and_height(offset_m, radius_m, another):
    poses = unit_pose_rows(np.array([[0, 0, 0, 0, 0, 0, 1.0], [*offset_m, 0, 0, 0, 2.0]]))
    criterion = PlaceCriterion(radius_m, np.pi / 2)
    assert criterion.distinct(poses[0], poses).tolist() == [False, another]
    assert criterion.all_distinct(poses).tolist() == [[False, another], [another, False]]
    assert len(criterion.pairs_within(poses)) == (0 if another else 1)


@pytest.mark.parametrize(
    ('yaw_rad', 'angle_rad', 'another'),
    [(1.5, np.pi / 2, False), (1.6, np.pi / 2, True), (np.pi, ANY_ANGLE_RAD, False)],
)
def test_place_criterion_at_a_rotation_compares_the_angle(yaw_rad, angle_rad, another):
    poses = np.array([Pose.from_xy_yaw(0, 0, yaw).as_xyz_quaternion() for yaw in (0.0, yaw_rad)])
    criterion = PlaceCriterion(5.0, angle_rad)
    assert criterion.distinct(poses[0], poses).tolist() == [False, another]
    assert criterion.all_distinct(poses)[0].tolist() == [False, another]
    assert len(criterion.pairs_within(poses)) == (0 if another else 1)
