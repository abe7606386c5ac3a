# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Camera pose from the landmarks of some keyframes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from avpr_ros.arrays import FloatArray, IntArray
from avpr_ros.gallery.landmarks import Landmarks
from avpr_ros.poses import Pose
from avpr_ros.verification.pnp import CameraPose, find_unique_pose
from avpr_ros.verification.sift import nearest_of

#: Largest distance between the descriptors of a match.
_MAX_DISTANCE = 150.0


def match_landmarks(
    descriptors: NDArray[np.uint8],
    landmarks: Landmarks,
    rows: IntArray,
) -> tuple[IntArray, IntArray]:
    """Match (K, 128) descriptors with the landmarks of some keyframes, by nearest neighbour.

    Returns:
        Indices of descriptors and of landmarks with a point in space, (M,) each.
    """
    slices = [landmarks.feature_slice(int(row)) for row in rows]
    spans = [np.arange(where.start, where.stop) for where in slices]
    index = np.concatenate([np.zeros(0, np.int64), *spans]).astype(np.int64)
    index = index[np.isfinite(landmarks.points_m[index, 0])]
    if not len(index) or not len(descriptors):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    nearest, squares = nearest_of(descriptors, landmarks.descriptors[index])
    matched = np.flatnonzero(squares < _MAX_DISTANCE**2)
    return matched, index[nearest[matched]]


def locate(
    landmarks: Landmarks,
    rows: IntArray,
    descriptors: NDArray[np.uint8],
    rays: FloatArray,
    focal_px: float,
) -> CameraPose | None:
    """Estimate the pose of a camera from the landmarks of some keyframes.

    Args:
        landmarks: of the map.
        rows: (n,) keyframes.
        descriptors: (K, 128) of the image.
        rays: (K, 2) x/z and y/z of its features in the optical frame.
        focal_px: focal length in pixels of the image that features are extracted from.

    Returns:
        None where inliers are too few; the pose is that of the refined extrinsics.
    """
    seen, points = match_landmarks(descriptors, landmarks, rows)
    return find_unique_pose(landmarks.points_m[points].astype(np.float64), rays[seen], focal_px)


def refined_camera_from_base(landmarks: Landmarks, number: int, base_from_camera: Pose) -> Pose:
    """Return ``camera_from_base`` of a camera of the map by its refined extrinsics."""
    rotation = Rotation.from_quat(landmarks.nominal_from_refined[number])
    return (base_from_camera @ Pose(np.zeros(3), rotation)).inverse()
