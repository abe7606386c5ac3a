# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Errors of poses from landmarks, estimated on the map's keyframes and their neighbours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from avpr_ros.arrays import FloatArray, IntArray
from avpr_ros.gallery.keyframes import Keyframes
from avpr_ros.gallery.local_features.landmarks import Landmarks
from avpr_ros.poses import Pose
from avpr_ros.sources.frame import Camera
from avpr_ros.verification.cameras.camera_model import CameraModel
from avpr_ros.verification.landmark_pose import locate, refined_camera_from_base
from avpr_ros.verification.pnp import moved_to_base

#: Most keyframes that are localised.
_MAX_LOCATED = 60
#: Neighbours on either side whose landmarks are matched.
_NEIGHBOURS = 2
#: Median of the chi-square distribution with six degrees of freedom.
_CHI2_MEDIAN = 5.348
#: With fewer located keyframes the scale is unknown,
_MIN_LOCATED = 8
#: and covariances are multiplied by this.
_UNKNOWN_SCALE = 4.0


def located_rows(count: int) -> IntArray:
    """Return the rows of the keyframes that are located: an even sample of N."""
    rows = np.linspace(0, count - 1, min(count, _MAX_LOCATED)).round().astype(np.int64)
    return np.asarray(np.unique(rows))


def self_located(
    landmarks: Landmarks, keyframes: Keyframes, cameras: Sequence[Camera], sizes_px: IntArray
) -> Iterator[tuple[int, Pose, FloatArray]]:
    """Estimate the poses of keyframes from the landmarks of their neighbours.

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
            camera_model = CameraModel(camera.intrinsics, *map(int, sizes_px[row]))
        except ValueError:
            continue
        found = locate(landmarks, near, features, camera_model)
        if found is not None and found.unique:
            back = refined_camera_from_base(landmarks, number, camera.base_from_camera)
            yield (int(row), *moved_to_base(found, back))


def covariance_scale(
    landmarks: Landmarks, keyframes: Keyframes, cameras: Sequence[Camera], sizes_px: IntArray
) -> float:
    """Return the factor on PnP covariances that makes the median normalised error consistent.

    The median squared Mahalanobis length over the keyframes is compared with that of the
    chi-square distribution. The errors of keyframe poses and points, which residuals of one image
    do not show, are thereby included. Never below 1.
    """
    located = self_located(landmarks, keyframes, cameras, sizes_px)
    errors = [_normalised(pose, cov, keyframes.pose(row)) for row, pose, cov in located]
    if len(errors) < _MIN_LOCATED:
        return _UNKNOWN_SCALE
    return max(float(np.median(errors)) / _CHI2_MEDIAN, 1.0)


def _normalised(map_from_base: Pose, covariance: FloatArray, truth: Pose) -> float:
    """Return the squared Mahalanobis length of the pose error."""
    rotation = (map_from_base.rotation * truth.rotation.inv()).as_rotvec()
    error = np.concatenate([map_from_base.translation_m - truth.translation_m, rotation])
    return float(error @ np.linalg.solve(covariance, error))
