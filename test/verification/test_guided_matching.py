# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Matches near the projections of landmarks, and the pose refined over them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from avpr_ros.gallery.local_features.feature_layer import FeatureLayer
from avpr_ros.gallery.local_features.features import XFEAT, Features
from avpr_ros.gallery.local_features.landmarks import Landmarks
from avpr_ros.poses import Pose
from avpr_ros.sources.frame import CameraIntrinsics
from avpr_ros.verification import landmark_pose
from avpr_ros.verification.cameras.camera_model import CameraModel
from avpr_ros.verification.guided_matching import match_projections
from avpr_ros.verification.landmark_pose import locate
from avpr_ros.verification.pnp import MIN_INLIERS, CameraPose, refine_pose

FOCAL_PX, COUNT = 300.0, 240
INTRINSICS = CameraIntrinsics(
    640, 480, 'plumb_bob', (FOCAL_PX, 0, 320, 0, FOCAL_PX, 240, 0, 0, 1), (0, 0, 0, 0, 0)
)
MODEL = CameraModel(INTRINSICS, 640, 480)
ROWS = np.array([0, 1])


def scene(noise_px: float) -> tuple[Features, Landmarks]:
    """Two keyframes that see the same points from the pose of the image, whose camera is at 0.

    The points of each keyframe have errors of their own.
    """
    rng = np.random.default_rng(4)
    vectors = XFEAT.quantise(normalised(rng.normal(size=(COUNT, 64))))
    rays = rng.uniform(-0.5, 0.5, (COUNT, 2))
    points_m = np.column_stack([rays, np.ones(COUNT)]) * rng.uniform(2, 9, (COUNT, 1))
    seen_px = rays * FOCAL_PX + [320, 240] + rng.normal(0, noise_px, (COUNT, 2))
    image = Features(seen_px.astype(np.float32), vectors, XFEAT)
    known = np.concatenate([points_m + rng.normal(0, 0.02, points_m.shape) for _ in range(2)])
    keyframe = Features(np.zeros((COUNT, 2), np.float32), vectors, XFEAT)
    layer = FeatureLayer.from_features([keyframe, keyframe], XFEAT)
    layer = replace(layer, points_m=known.astype(np.float32))
    bare = Landmarks.without_points([[keyframe, keyframe]], 1)
    return image, replace(bare, layers=(layer,))


def normalised(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def near(offset_m: float) -> Pose:
    return Pose(np.array([offset_m, 0.0, 0.0]), Rotation.identity())


def test_each_landmark_near_its_feature_is_matched_with_it() -> None:
    image, landmarks = scene(noise_px=0.3)
    points_m, rays = match_projections(landmarks, ROWS, [image], MODEL, near(0.0))
    assert len(points_m) == len(rays) > 0.95 * 2 * COUNT
    errors_px = FOCAL_PX * np.linalg.norm(points_m[:, :2] / points_m[:, 2:] - rays, axis=1)
    assert np.median(errors_px) < 4


def test_landmarks_behind_the_camera_and_unlike_features_are_not_matched() -> None:
    image, landmarks = scene(noise_px=0.3)
    behind = Pose(np.zeros(3), Rotation.from_euler('y', 180, degrees=True))
    assert not len(match_projections(landmarks, ROWS, [image], MODEL, behind)[0])
    others = replace(image, descriptors=-image.descriptors[::-1])
    assert len(match_projections(landmarks, ROWS, [others], MODEL, near(0.0))[0]) < 40


def test_nothing_to_match_gives_nothing() -> None:
    _, landmarks = scene(noise_px=0.3)
    nothing = Features.empty(XFEAT)
    for features in ([nothing], []):
        points_m, rays = match_projections(landmarks, ROWS, features, MODEL, near(0.0))
        assert points_m.shape == (0, 3) and rays.shape == (0, 2)
        assert refine_pose(near(0.0), points_m, rays, FOCAL_PX) is None


def test_refined_pose_is_nearer_to_the_truth() -> None:
    image, landmarks = scene(noise_px=0.5)
    first = near(0.02)
    guided = match_projections(landmarks, ROWS, [image], MODEL, first)
    refined = refine_pose(first, *guided, MODEL.working_focal_px)
    assert refined is not None
    pose, inliers = refined
    assert inliers > MIN_INLIERS
    assert np.linalg.norm(pose.translation_m) < 0.01


@pytest.mark.parametrize('right_first', [True, False])
def test_pose_whose_rival_has_more_landmarks_near_their_projections_is_not_unique(
    monkeypatch: pytest.MonkeyPatch, right_first: bool
) -> None:
    poses = [near(0.0), near(0.4)]
    first, second = poses if right_first else poses[::-1]
    located = locate_of_two(monkeypatch, first, second, sigma_m=0.01)

    assert located.unique == right_first


@pytest.mark.parametrize('right_first', [True, False])
def test_two_poses_within_their_covariances_are_one(
    monkeypatch: pytest.MonkeyPatch, right_first: bool
) -> None:
    poses = [near(0.0), near(0.4)]
    first, second = poses if right_first else poses[::-1]
    located = locate_of_two(monkeypatch, first, second, sigma_m=0.2)

    assert located.unique and located.rival is None
    assert len(located.inliers) == 50
    assert np.linalg.norm(located.map_from_camera.translation_m) < 0.01


def locate_of_two(
    monkeypatch: pytest.MonkeyPatch, first: Pose, second: Pose, sigma_m: float
) -> CameraPose:
    """Return the pose that is chosen of a first one and its rival."""
    image, landmarks = scene(noise_px=0.3)
    covariance = sigma_m**2 * np.eye(6)
    rival = CameraPose(second, covariance, np.arange(50, 70))
    found = CameraPose(first, covariance, np.arange(50), rival)
    monkeypatch.setattr(landmark_pose, 'find_unique_pose', lambda *_: found)
    located = landmark_pose.locate(landmarks, ROWS, [image], MODEL)
    assert located is not None
    return located


def test_covariance_and_inliers_are_those_before_the_refinement() -> None:
    image, landmarks = scene(noise_px=0.3)
    found = locate(landmarks, ROWS, [image], MODEL)
    assert found is not None
    # One match of each feature, although each has a landmark in both keyframes.
    assert len(found.inliers) <= COUNT
