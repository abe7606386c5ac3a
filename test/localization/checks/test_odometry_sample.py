# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from avpr_ros.localization.checks.odometry_sample import MatchedOdometry, fuse_poses
from avpr_ros.poses import Pose

#: Where odometry starts: its frame has nothing to do with the map's.
MAP_FROM_ODOM = Pose.from_xy_yaw(40.0, -7.0, 2.0)


def test_one_stop_is_where_its_match_says():
    place = Pose.from_xy_yaw(3.0, 4.0, 0.5)
    found = fuse_poses([MatchedOdometry.of(place, Pose.from_xy_yaw(9.0, 9.0, -1.0))], 1.0)
    np.testing.assert_allclose(found.as_xyz_quaternion(), place.as_xyz_quaternion(), atol=1e-12)


def test_two_stops_by_hand():
    """The first leads to 11, the second says 12; a way of one spacing weighs 1 / 1.09."""
    samples = [
        MatchedOdometry.of(Pose.from_xy_yaw(10.0, 0.0, 0.0), Pose.from_xy_yaw(0.0, 0.0, 0.0)),
        MatchedOdometry.of(Pose.from_xy_yaw(12.0, 0.0, 0.0), Pose.from_xy_yaw(1.0, 0.0, 0.0)),
    ]
    weight = 1 / 1.09
    found = fuse_poses(samples, 1.0)
    assert found.translation_m[0] == pytest.approx((weight * 11 + 12) / (weight + 1))
    np.testing.assert_allclose(found.translation_m[1:], 0.0, atol=1e-12)


def circle(count: int) -> list[Pose]:
    """Quarter of a circle of 8 m, driven forward, by odometry."""
    turns = np.linspace(0.0, np.pi / 2, count)
    return [Pose.from_xy_yaw(8 * np.sin(t), 8 - 8 * np.cos(t), t) for t in turns]


def test_true_matches_of_a_curve_lead_to_the_true_pose():
    history = circle(9)
    found = fuse_poses([MatchedOdometry.of(MAP_FROM_ODOM @ one, one) for one in history], 1.0)
    true = (MAP_FROM_ODOM @ history[-1]).as_xyz_quaternion()
    np.testing.assert_allclose(found.as_xyz_quaternion(), true, atol=1e-9)


def test_keyframes_now_before_and_now_behind_average_out():
    rng = np.random.default_rng(0)
    history, errors_m = circle(9), []
    for _ in range(50):
        off_m = rng.normal(0.0, 1.0, (len(history), 2))
        samples = [
            MatchedOdometry.of(
                MAP_FROM_ODOM @ one @ Pose.from_xy_yaw(x, y, rng.normal(0.0, 0.1)), one
            )
            for one, (x, y) in zip(history, off_m, strict=True)
        ]
        true_m = (MAP_FROM_ODOM @ history[-1]).translation_m
        found_m = fuse_poses(samples, 2.0).translation_m
        errors_m.append(np.linalg.norm([samples[-1].map_m - true_m, found_m - true_m], axis=1))
    alone_m, mean_m = np.median(errors_m, axis=0)
    assert mean_m < 0.6 * alone_m


def test_a_map_of_one_keyframe_has_no_spacing():
    place = Pose.from_xy_yaw(3.0, 4.0, 0.0)
    samples = [MatchedOdometry.of(place, Pose.from_xy_yaw(float(x), 0.0, 0.0)) for x in range(3)]
    assert np.isfinite(fuse_poses(samples, 0.0).as_xyz_quaternion()).all()
