# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Where pairs of viewing rays meet in space."""

from __future__ import annotations

import numpy as np

from avpr_ros.arrays import FloatArray
from avpr_ros.poses import Pose

#: Rays that meet at a smaller angle say too little about the distance.
_MIN_PARALLAX_RAD = np.radians(1.0)


def meeting_points(
    rays_a: FloatArray,
    rays_b: FloatArray,
    map_from_a: Pose,
    map_from_b: Pose,
    most_error: float,
) -> tuple[FloatArray, FloatArray]:
    """Return the points midway between pairs of rays where these come nearest.

    Args:
        rays_a: (M, 2) x/z and y/z in camera a.
        rays_b: (M, 2) the same in camera b.
        map_from_a: pose of camera a's optical frame.
        map_from_b: pose of camera b's optical frame.
        most_error: largest distance of a point's image from its ray, in units of the focal length.

    Returns:
        (M, 3) points in the map, and (M,) angles between the rays in radians; 0 where the rays
        do not meet in front of both cameras within the error.
    """
    a, b = _directions(rays_a, map_from_a), _directions(rays_b, map_from_b)
    base = map_from_b.translation_m - map_from_a.translation_m
    cosines = np.einsum('ij,ij->i', a, b)
    sines2 = np.maximum(1 - cosines**2, 1e-12)
    along_a, along_b = a @ base, b @ base
    depth_a = (along_a - cosines * along_b) / sines2
    depth_b = (cosines * along_a - along_b) / sines2
    points = (
        map_from_a.translation_m
        + map_from_b.translation_m
        + depth_a[:, np.newaxis] * a
        + depth_b[:, np.newaxis] * b
    ) / 2
    angles = np.arccos(np.clip(cosines, -1, 1))
    good = (depth_a > 0) & (depth_b > 0) & (angles >= _MIN_PARALLAX_RAD)
    for rays, pose in ((rays_a, map_from_a), (rays_b, map_from_b)):
        seen = pose.rotation.inv().apply(points - pose.translation_m)
        depth = np.where(seen[:, 2] > 1e-6, seen[:, 2], np.inf)
        error = np.linalg.norm(seen[:, :2] / depth[:, np.newaxis] - rays, axis=1)
        good &= error <= most_error
    return points, np.where(good, angles, 0.0)


def _directions(rays: FloatArray, map_from_camera: Pose) -> FloatArray:
    directions = np.column_stack([rays, np.ones(len(rays))])
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    return np.asarray(map_from_camera.rotation.apply(directions))
