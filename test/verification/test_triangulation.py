# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from avpr_ros.gallery.keyframes import Keyframes
from avpr_ros.gallery.local_features.features import Features
from avpr_ros.gallery.local_features.landmarks import Landmarks
from avpr_ros.mapping.pose_consistency import covariance_scale
from avpr_ros.poses import Pose
from avpr_ros.sources.frame import Camera, CameraIntrinsics
from avpr_ros.verification.cameras.extrinsics import (
    MatchedPair,
    refine_extrinsic_rotation,
)
from avpr_ros.verification.triangulation import triangulate, triangulate_midpoint

LENS = CameraIntrinsics(640, 480, 'plumb_bob', (400, 0, 319.5, 0, 400, 239.5, 0, 0, 1), (0.0,) * 5)
#: Optical axes in a base that drives along x: z forward, x right, y down.
MOUNTING = Pose(np.array([0.2, 0.0, 1.0]), Rotation.from_quat([-0.5, 0.5, -0.5, 0.5]))


def world(views: int, turn: Rotation | None = None):
    """A wall of points beside a straight drive, and the features of it that each view has."""
    rng = np.random.default_rng(0)
    points = np.column_stack(
        [rng.uniform(4, 14, 300), rng.uniform(-4, 4, 300), rng.uniform(-1, 3, 300)]
    )
    looks = rng.integers(0, 255, (300, 128), dtype=np.uint8)
    poses = [Pose.from_xy_yaw(0.4 * i, 0.05 * (i % 3), 0.02 * i) for i in range(views)]
    mounting = MOUNTING if turn is None else Pose(MOUNTING.translation_m, MOUNTING.rotation * turn)
    features = []
    for pose in poses:
        camera = (pose @ mounting).inverse()
        inside = camera.rotation.apply(points) + camera.translation_m
        pixels = inside[:, :2] / inside[:, 2:] * 400 + [319.5, 239.5]
        seen = (inside[:, 2] > 1) & (pixels > 0).all(axis=1) & (pixels < [639, 479]).all(axis=1)
        features.append(Features(pixels[seen].astype(np.float32), looks[seen]))
    rows = np.stack([pose.as_xyz_quaternion() for pose in poses])
    zeros = np.zeros(views, np.int32)
    keyframes = Keyframes(np.arange(views), np.arange(views), zeros, zeros, rows)
    return points, looks, features, keyframes


def _number(looks: np.ndarray, row: np.ndarray) -> int:
    return int(np.flatnonzero((looks == row).all(axis=1))[0])


def sizes(count: int) -> np.ndarray:
    return np.tile(np.array([640, 480]), (count, 1))


def test_points_are_where_they_are():
    points, looks, features, keyframes = world(8)
    camera = Camera('front', '/front', MOUNTING, LENS)
    bare = Landmarks.without_points([features], 1)
    found = triangulate(bare, keyframes, [camera], sizes(8))
    known = np.isfinite(found.layers[0].points_m[:, 0])
    assert known.mean() > 0.6
    which = [
        int(np.flatnonzero((looks == row).all(axis=1))[0])
        for row in found.layers[0].descriptors[known]
    ]
    error = np.linalg.norm(found.layers[0].points_m[known] - points[which], axis=1)
    assert np.median(error) < 0.02
    np.testing.assert_allclose(np.abs(found.nominal_from_refined[0]), [0, 0, 0, 1], atol=1e-3)
    assert covariance_scale(found, keyframes, [camera], sizes(8)) >= 1.0


def test_a_camera_that_is_turned_against_its_mounting_is_found_out():
    turn = Rotation.from_euler('xyz', [1.0, -4.0, 2.0], degrees=True)
    points, looks, features, keyframes = world(12, turn)
    found = triangulate(
        Landmarks.without_points([features], 1),
        keyframes,
        [Camera('front', '/front', MOUNTING, LENS)],
        sizes(12),
    )
    difference = Rotation.from_quat(found.nominal_from_refined[0]) * turn.inv()
    assert np.degrees(difference.magnitude()) < 0.3
    known = np.isfinite(found.layers[0].points_m[:, 0])
    which = [
        int(np.flatnonzero((looks == row).all(axis=1))[0])
        for row in found.layers[0].descriptors[known]
    ]
    assert np.median(np.linalg.norm(found.layers[0].points_m[known] - points[which], axis=1)) < 0.1


@pytest.mark.parametrize(
    'camera', [Camera('front', '/f', None, LENS), Camera('front', '/f', MOUNTING, None)]
)
def test_without_lens_or_mounting_features_stay_without_points(camera):
    _, _, features, keyframes = world(4)
    found = triangulate(Landmarks.without_points([features], 1), keyframes, [camera], sizes(4))
    assert np.isnan(found.layers[0].points_m).all()
    assert len(found.layers[0].descriptors) == sum(map(len, features))


def test_pure_rotation_gives_no_points():
    rays = np.random.default_rng(0).uniform(-0.5, 0.5, (30, 2))
    turned = Pose(np.zeros(3), Rotation.from_euler('y', 0.2))
    _, angles = triangulate_midpoint(rays, rays, Pose.identity(), turned, 0.01)
    assert not angles.any()


def test_nothing_to_judge_by_leaves_the_mounting_alone():
    assert refine_extrinsic_rotation([]).magnitude() == 0
    rng = np.random.default_rng(0)
    other = Pose(np.array([1.0, 0, 0]), Rotation.identity())
    random = MatchedPair(
        Pose.identity(), other, rng.uniform(-0.5, 0.5, (400, 2)), rng.uniform(-0.5, 0.5, (400, 2))
    )
    assert refine_extrinsic_rotation([random]).magnitude() < np.radians(15.0) + 1e-9
