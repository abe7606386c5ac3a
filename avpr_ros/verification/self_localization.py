# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Keyframes located by the landmarks of their neighbours: how far off are such poses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from avpr_ros.arrays import FloatArray, IntArray
from avpr_ros.gallery.keyframes import Keyframes
from avpr_ros.gallery.landmarks import Landmarks
from avpr_ros.poses import Pose
from avpr_ros.sources.frame import Camera
from avpr_ros.verification.camera_model import CameraModel
from avpr_ros.verification.pnp import CameraPose, find_unique_pose, moved_to_base
from avpr_ros.verification.sift import nearest_of

#: Keyframes that are located, at most.
_LOCATED = 60
#: Neighbours on either side whose landmarks are matched.
_NEIGHBOURS = 2
#: Median of the chi-square distribution with six degrees of freedom.
_EXPECTED = 5.348
#: With fewer located keyframes the scale says nothing.
_FEWEST = 8
#: Without any evidence, landmark poses are taken to be this much worse than their residuals say.
_UNKNOWN = 4.0
#: Descriptors farther apart are not of one corner.
_NEAR = 150.0


def match_landmarks(
    descriptors: NDArray[np.uint8],
    landmarks: Landmarks,
    rows: IntArray,
) -> tuple[IntArray, IntArray]:
    """Match (K, 128) descriptors with the landmarks of some keyframes.

    Returns:
        Indices of descriptors and of landmarks with a point, (M,) each, nearest pairs.
    """
    spans = [np.arange(landmarks.of(int(row)).start, landmarks.of(int(row)).stop) for row in rows]
    index = np.concatenate([np.zeros(0, np.int64), *spans]).astype(np.int64)
    index = index[np.isfinite(landmarks.points_m[index, 0])]
    if not len(index) or not len(descriptors):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    nearest, squares = nearest_of(descriptors, landmarks.descriptors[index])
    near = np.flatnonzero(squares < _NEAR**2)
    return near, index[nearest[near]]


def locate(
    landmarks: Landmarks,
    rows: IntArray,
    descriptors: NDArray[np.uint8],
    rays: FloatArray,
    focal_px: float,
) -> CameraPose | None:
    """Find the pose of the (true) camera that sees descriptors on rays, by some keyframes."""
    seen, points = match_landmarks(descriptors, landmarks, rows)
    return find_unique_pose(landmarks.points_m[points].astype(np.float64), rays[seen], focal_px)


def true_camera_from_base(landmarks: Landmarks, number: int, base_from_camera: Pose) -> Pose:
    """Return the base seen from a camera as the images say it is turned."""
    said_from_true = Pose(np.zeros(3), Rotation.from_quat(landmarks.turns[number]))
    return (base_from_camera @ said_from_true).inverse()


def located_rows(count: int) -> IntArray:
    """Return which of N keyframes are located: an even sample."""
    rows = np.linspace(0, count - 1, min(count, _LOCATED)).round().astype(np.int64)
    return np.asarray(np.unique(rows))


def self_located(
    landmarks: Landmarks, keyframes: Keyframes, cameras: Sequence[Camera], sizes_px: IntArray
) -> Iterator[tuple[int, Pose, FloatArray]]:
    """Locate keyframes by the landmarks of their neighbours.

    Args:
        landmarks: of the map.
        keyframes: of the map.
        cameras: of the map.
        sizes_px: (N, 2) width and height of the images of the ``located_rows``.

    Yields:
        Row, ``map_from_base`` and its (6, 6) covariance of each that could be located.
    """
    for row in located_rows(len(keyframes)):
        number = int(keyframes.cameras[row])
        camera = cameras[number]
        if camera.base_from_camera is None or camera.intrinsics is None:
            continue
        near = np.arange(max(row - _NEIGHBOURS, 0), min(row + _NEIGHBOURS + 1, len(keyframes)))
        near = near[(near != row) & (keyframes.cameras[near] == number)]
        features = landmarks.features(int(row))
        try:
            lens = CameraModel(camera.intrinsics, *map(int, sizes_px[row]))
        except ValueError:
            continue
        rays = lens.rays(features.points_px)
        found = locate(landmarks, near, features.descriptors, rays, lens.working_focal_px)
        if found is not None and found.unique:
            back = true_camera_from_base(landmarks, number, camera.base_from_camera)
            yield (int(row), *moved_to_base(found, back))


def covariance_scale(
    landmarks: Landmarks, keyframes: Keyframes, cameras: Sequence[Camera], sizes_px: IntArray
) -> float:
    """Return the factor on covariances that makes the median normalised error what it should be.

    Poses of keyframes and points are not exact, which residuals of one image do not show. Never
    below 1.
    """
    located = self_located(landmarks, keyframes, cameras, sizes_px)
    errors = [_normalised(pose, spread, keyframes.pose(row)) for row, pose, spread in located]
    if len(errors) < _FEWEST:
        return _UNKNOWN
    return max(float(np.median(errors)) / _EXPECTED, 1.0)


def _normalised(map_from_base: Pose, covariance: FloatArray, truth: Pose) -> float:
    """Return the squared Mahalanobis length of the error."""
    turn = (map_from_base.rotation * truth.rotation.inv()).as_rotvec()
    error = np.concatenate([map_from_base.translation_m - truth.translation_m, turn])
    return float(error @ np.linalg.solve(covariance, error))
