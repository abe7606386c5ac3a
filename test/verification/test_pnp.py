# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from avpr_ros.poses import Pose
from avpr_ros.verification.pnp import find_camera_pose, find_unique_pose, moved_to_base

FOCAL_PX = 400.0
TRUE = Pose(np.array([1.0, -2.0, 0.5]), Rotation.from_euler('xyz', [0.2, -0.3, 1.0]))


def scene(count: int, seed: int, noise_px: float = 0.5) -> tuple[np.ndarray, np.ndarray]:
    """Points before the true camera, and where it sees them."""
    rng = np.random.default_rng(seed)
    rays = rng.uniform(-0.5, 0.5, (count, 2))
    depth = rng.uniform(2, 10, count)
    inside = np.column_stack([rays, np.ones(count)]) * depth[:, None]
    points = TRUE.rotation.apply(inside) + TRUE.translation_m
    return points, rays + rng.normal(0, noise_px / FOCAL_PX, rays.shape)


def error(found: Pose) -> np.ndarray:
    turn = (found.rotation * TRUE.rotation.inv()).as_rotvec()
    return np.concatenate([found.translation_m - TRUE.translation_m, turn])


def test_the_pose_is_found_among_wrong_matches():
    points, rays = scene(100, 0)
    rays[:40] = np.random.default_rng(1).uniform(-0.5, 0.5, (40, 2))
    found = find_camera_pose(points, rays, FOCAL_PX)
    assert np.linalg.norm(error(found.map_from_camera)[:3]) < 0.03
    assert len(found.inliers) >= 55


def test_the_covariance_means_what_it_says():
    squares = []
    for seed in range(60):
        found = find_camera_pose(*scene(60, seed), FOCAL_PX)
        one = error(found.map_from_camera)
        squares.append(one @ np.linalg.solve(found.covariance, one))
    assert 0.6 < np.mean(squares) / 6 < 1.6


def test_wrong_matches_that_nearly_fit_do_not_bend_the_pose():
    points, rays = scene(50, 3, noise_px=0.3)
    rays[:6] += 3.0 / FOCAL_PX  # farther than the errors of the others, all to one side
    found = find_camera_pose(points, rays, FOCAL_PX)
    assert not np.isin(found.inliers, np.arange(6)).any()
    assert np.linalg.norm(error(found.map_from_camera)[:3]) < 0.02


def test_a_pose_that_few_points_hold_is_less_sure():
    points, rays = scene(40, 4)
    flat = points.copy()
    # All but two far away: those alone tell a step aside from a turn.
    direction = flat - TRUE.translation_m
    flat[2:] = (
        TRUE.translation_m + direction[2:] * (200 / np.linalg.norm(direction[2:], axis=1))[:, None]
    )
    sure, unsure = (find_camera_pose(one, rays, FOCAL_PX) for one in (points, flat))
    assert np.trace(unsure.covariance[:3, :3]) > 25 * np.trace(sure.covariance[:3, :3])


def test_inliers_in_a_small_part_of_the_view_are_no_pose():
    points, rays = scene(800, 6, noise_px=0.3)
    near_axis = np.linalg.norm(rays, axis=1) < 0.1
    small = np.flatnonzero(near_axis)[:12]
    wide = np.flatnonzero(~near_axis)[:12]
    assert len(small) == 12
    assert find_camera_pose(points[small], rays[small], FOCAL_PX) is not None
    assert find_unique_pose(points[small], rays[small], FOCAL_PX) is None
    assert find_unique_pose(points[wide], rays[wide], FOCAL_PX) is not None


def test_two_poses_in_one_image_are_told():
    points, rays = scene(60, 5)
    alone = find_unique_pose(points, rays, FOCAL_PX)
    assert alone.unique
    assert alone.rival is None
    moved = points[:24] + np.array([0.0, 0.0, 3.6])  # the same landmarks, a storey higher
    both = find_unique_pose(np.concatenate([points[24:], moved]), np.roll(rays, -24, 0), FOCAL_PX)
    assert len(both.inliers) >= 30
    assert both.rival is not None and len(both.rival.inliers) >= 18
    assert not both.unique


def test_a_turn_of_the_camera_moves_the_base():
    found = find_camera_pose(*scene(60, 0), FOCAL_PX)
    camera_from_base = Pose(np.array([0.0, 0.0, -5.0]), Rotation.identity())
    pose, covariance = moved_to_base(found, camera_from_base)
    assert pose.distance_m(TRUE @ camera_from_base) < 0.2
    assert np.trace(covariance[:3, :3]) > np.trace(found.covariance[:3, :3])
    assert np.linalg.eigvalsh(covariance).min() > 0
    np.testing.assert_allclose(covariance[3:, 3:], found.covariance[3:, 3:])


@pytest.mark.parametrize('count', [0, 1, 5, 11])
def test_too_few_points_give_no_pose(count):
    assert find_camera_pose(*scene(count, 0), FOCAL_PX) is None


def test_points_that_fit_nothing_give_no_pose():
    rng = np.random.default_rng(0)
    points = rng.uniform(-5, 5, (200, 3))
    assert find_camera_pose(points, rng.uniform(-0.5, 0.5, (200, 2)), FOCAL_PX) is None


@pytest.mark.parametrize(
    'points', [np.zeros((50, 3)), np.full((50, 3), 1e12), np.outer(np.arange(50.0), [1, 1, 1])]
)
def test_degenerate_points_give_no_pose_and_raise_nothing(points):
    found = find_camera_pose(points, np.zeros((50, 2)), FOCAL_PX)
    assert found is None or np.isfinite(found.covariance).all()


def test_less_exact_points_of_the_same_pose_are_no_second_pose():
    exact, blurred = scene(40, 5, noise_px=0.2), scene(60, 6, noise_px=0.2)
    # All a little aside, as by a remainder of distortion: they fit a pose near the first.
    blurred[1][:] += 1.6 / FOCAL_PX
    points, rays = (np.concatenate(pair) for pair in zip(exact, blurred, strict=True))
    found = find_unique_pose(points, rays, FOCAL_PX)
    rival = find_camera_pose(*blurred, FOCAL_PX)
    assert len(rival.inliers) > 30
    assert np.linalg.norm(error(rival.map_from_camera)[:3]) < 0.1
    assert found.unique
