# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Projections, skew-symmetric matrices and the Sampson distance."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import FloatArray
from avpr_ros.poses import Pose

#: Points nearer to the camera's plane, in metres, have no projection.
_MIN_DEPTH_M = 1e-6


def project(camera_from_map: Pose, points_m: FloatArray) -> FloatArray:
    """Return (M, 2) x/z and y/z of (M, 3) points of the map; NaN behind the camera."""
    inside = camera_from_map.rotation.apply(points_m) + camera_from_map.translation_m
    depth_m = np.where(inside[:, 2] > _MIN_DEPTH_M, inside[:, 2], np.nan)
    return np.asarray(inside[:, :2] / depth_m[:, np.newaxis])


def skew_matrices(vectors: FloatArray) -> FloatArray:
    """Return the (M, 3, 3) matrices [v]x of (M, 3) vectors: ``[v]x w`` is the cross product."""
    x, y, z = vectors.T
    zero = np.zeros_like(x)
    return np.stack([zero, -z, y, z, zero, -x, -y, x, zero], axis=1).reshape(-1, 3, 3)


def sampson_distances(
    matrix: FloatArray, first: NDArray[np.floating], second: NDArray[np.floating]
) -> FloatArray:
    """Return (k,) signed Sampson distances (Hartley & Zisserman, 2nd ed., 11.4.3) of point pairs.

    They do not depend on the scale of the matrix, which is set to 1: estimators return matrices of
    any scale, down to 1e-15, whose gradients would vanish in rounding.

    Args:
        matrix: (3, 3) fundamental or essential matrix M with ``second' M first = 0``.
        first: (k, 2) points of one image, in pixels or, for an essential matrix, x/z and y/z.
        second: (k, 2) their counterparts in the other, in the same unit, which the result has.
    """
    a, b = (np.column_stack([points, np.ones(len(points))]) for points in (first, second))
    unit = matrix / max(float(np.linalg.norm(matrix)), 1e-300)
    lines_b, lines_a = a @ unit.T, b @ unit
    squares = (lines_b[:, :2] ** 2).sum(axis=1) + (lines_a[:, :2] ** 2).sum(axis=1)
    return np.asarray((b * lines_b).sum(axis=1) / np.sqrt(np.maximum(squares, 1e-20)))
