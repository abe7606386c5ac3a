# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

import numpy as np

from avpr_ros.gallery.local_features.feature_layer import FeatureLayer
from avpr_ros.gallery.local_features.features import XFEAT, Features
from avpr_ros.gallery.local_features.landmarks import Landmarks
from avpr_ros.sources.frame import CameraIntrinsics
from avpr_ros.verification.cameras.camera_model import CameraModel
from avpr_ros.verification.landmark_pose import locate, match_landmarks
from avpr_ros.verification.nearest_neighbours import mutual_nearest

FOCAL_PX = 300.0
MODEL = CameraModel(
    CameraIntrinsics(
        640, 480, 'plumb_bob', (FOCAL_PX, 0, 320, 0, FOCAL_PX, 240, 0, 0, 1), (0, 0, 0, 0, 0)
    ),
    640,
    480,
)


def unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def night(right: int, alien: int) -> tuple[Features, FeatureLayer]:
    """A map of so many landmarks; an image that sees them changed, and other things like them."""
    rng = np.random.default_rng(0)
    common = rng.normal(size=64)
    vectors = rng.normal(size=(right, 64)) + common
    rays = rng.uniform(-0.5, 0.5, (right, 2))
    depth_m = rng.uniform(2, 9, (right, 1))
    points_px = rays * FOCAL_PX + [320, 240]
    keyframe = Features(points_px.astype(np.float32), XFEAT.quantise(unit(vectors)), XFEAT)
    layer = replace(
        FeatureLayer.from_features([keyframe], XFEAT),
        points_m=(np.column_stack([rays, np.ones(right)]) * depth_m).astype(np.float32),
    )
    changed = vectors + 0.5 * rng.normal(size=vectors.shape)
    others = 0.8 * vectors[rng.integers(0, right, alien)] + 0.6 * rng.normal(size=(alien, 64))
    seen_px = np.concatenate([points_px, rng.uniform(0, [640, 480], (alien, 2))])
    rows = np.concatenate([changed, others])
    features = Features(seen_px.astype(np.float32), XFEAT.quantise(unit(rows)), XFEAT)
    return features, layer


def test_mutual_nearest_neighbours_are_pairs_of_brute_force() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.integers(-8, 8, (30, 64)).astype(np.int8), rng.integers(-8, 8, (20, 64))
    squares = ((a[:, None].astype(int) - b[None]) ** 2).sum(axis=2)
    wanted = [
        (i, j)
        for i, j in enumerate(squares.argmin(axis=1).tolist())
        if squares[:, j].argmin() == i
    ]
    first, second, found = mutual_nearest(a, b.astype(np.int8))
    assert list(zip(first.tolist(), second.tolist(), strict=True)) == wanted
    assert found.tolist() == [squares[pair] for pair in wanted]


def test_a_landmark_is_matched_by_one_feature() -> None:
    features, layer = night(60, 600)
    seen, points = match_landmarks(features, layer, np.array([0]))
    assert len(set(points.tolist())) == len(points)
    assert (seen == points).mean() > 0.7


def test_pose_is_found_where_most_features_have_no_landmark() -> None:
    features, layer = night(60, 600)
    landmarks = replace(Landmarks.without_points([[Features.empty(XFEAT)]], 1), layers=(layer,))
    found = locate(landmarks, np.array([0]), [features], MODEL)
    assert found is not None
    assert np.linalg.norm(found.map_from_camera.translation_m) < 0.01
    assert len(found.inliers) >= 30
