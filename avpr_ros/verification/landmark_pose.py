# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Camera pose from the landmarks of some keyframes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy.spatial.transform import Rotation

from avpr_ros.arrays import FloatArray, IntArray
from avpr_ros.gallery.local_features.feature_layer import FeatureLayer
from avpr_ros.gallery.local_features.features import Features
from avpr_ros.gallery.local_features.landmarks import Landmarks
from avpr_ros.poses import Pose
from avpr_ros.verification.cameras.camera_model import CameraModel
from avpr_ros.verification.guided_matching import match_projections
from avpr_ros.verification.nearest_neighbours import mutual_nearest
from avpr_ros.verification.pnp import (
    CameraPose,
    find_camera_pose,
    find_unique_pose,
    refine_pose,
)

#: Quantile of the chi-square distribution with six degrees of freedom, 99.9 %.
_CHI2_6 = 22.46


def match_landmarks(
    features: Features, layer: FeatureLayer, rows: IntArray
) -> tuple[IntArray, IntArray]:
    """Match features with the landmarks of some keyframes: nearest neighbours of each other.

    In another light most features have no landmark; without the way back, their nearest ones
    outnumber the right matches.

    Args:
        features: of the image.
        layer: of the map, of the same kind.
        rows: (n,) keyframes.

    Returns:
        Indices of features and of landmarks with a point in space, (M,) each.
    """
    index, _ = layer.landmarks_of(rows)
    if not len(index) or not len(features):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    seen, nearest, squares = mutual_nearest(features.descriptors, layer.descriptors_at(index))
    near = squares < features.kind.match_distance**2
    return seen[near], index[nearest[near]]


def locate(
    landmarks: Landmarks,
    rows: IntArray,
    features: Sequence[Features],
    camera_model: CameraModel,
) -> CameraPose | None:
    """Estimate the pose of a camera from the landmarks of some keyframes.

    Args:
        landmarks: of the map.
        rows: (n,) keyframes.
        features: of the image, of each kind or of the first ones.
        camera_model: of the image.

    Returns:
        None where inliers are too few; the pose is that of the refined extrinsics. It is refined
        by guided matching, while inliers and covariance are those before: the matches of one
        feature with several keyframes are not independent.
    """
    points_m, rays = _matched(landmarks, rows, features, camera_model)
    found = find_unique_pose(points_m, rays, camera_model.working_focal_px)
    if found is None:
        return None
    first, support = _refined(landmarks, rows, features, camera_model, found)
    if found.rival is None:
        return first
    second, rival_support = _refined(landmarks, rows, features, camera_model, found.rival)
    if _consistent(found, found.rival, landmarks.covariance_scale):
        better = first if rival_support <= support else second
        return replace(better, inliers=found.inliers, rival=None)
    return replace(first, unique=found.unique and rival_support < support)


def _refined(
    landmarks: Landmarks,
    rows: IntArray,
    features: Sequence[Features],
    camera_model: CameraModel,
    found: CameraPose,
) -> tuple[CameraPose, int]:
    """Return a pose refined by guided matching and its inliers; the same and 0 without enough."""
    guided = match_projections(landmarks, rows, features, camera_model, found.map_from_camera)
    refined = refine_pose(found.map_from_camera, *guided, camera_model.working_focal_px)
    if refined is None:
        return found, 0
    return replace(found, map_from_camera=refined[0], unique=True), refined[1]


def _consistent(first: CameraPose, second: CameraPose, covariance_scale: float) -> bool:
    """Return whether two poses differ by no more than their covariances permit.

    Keyframes whose landmarks do not quite agree give two poses of one place, of which each has
    inliers of its own.
    """
    one, other = first.map_from_camera, second.map_from_camera
    turn = (one.rotation * other.rotation.inv()).as_rotvec()
    difference = np.concatenate([one.translation_m - other.translation_m, turn])
    covariance = covariance_scale * (first.covariance + second.covariance)
    return bool(difference @ np.linalg.solve(covariance, difference) <= _CHI2_6)


def count_pose_inliers(
    landmarks: Landmarks,
    rows: IntArray,
    features: Sequence[Features],
    camera_model: CameraModel,
) -> int:
    """Return the number of inliers of the best pose; 0 without one. Arguments as ``locate``."""
    points_m, rays = _matched(landmarks, rows, features, camera_model)
    found = find_camera_pose(points_m, rays, camera_model.working_focal_px)
    return 0 if found is None else len(found.inliers)


def _matched(
    landmarks: Landmarks,
    rows: IntArray,
    features: Sequence[Features],
    camera_model: CameraModel,
) -> tuple[FloatArray, FloatArray]:
    """Return the (M, 3) landmarks that the features match, and the (M, 2) rays of these."""
    points_m: list[FloatArray] = [np.zeros((0, 3))]
    rays: list[FloatArray] = [np.zeros((0, 2))]
    for of_kind, layer in zip(features, landmarks.layers, strict=False):
        seen, points = match_landmarks(of_kind, layer, rows)
        points_m.append(layer.points_m[points].astype(np.float64))
        rays.append(camera_model.rays(of_kind.points_px[seen]))
    return np.concatenate(points_m), np.concatenate(rays)


def refined_camera_from_base(landmarks: Landmarks, number: int, base_from_camera: Pose) -> Pose:
    """Return ``camera_from_base`` of a camera of the map by its refined extrinsics."""
    rotation = Rotation.from_quat(landmarks.nominal_from_refined[number])
    return (base_from_camera @ Pose(np.zeros(3), rotation)).inverse()
