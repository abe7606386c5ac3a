# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Epipolar geometry of an image and a keyframe: which feature matches are inliers."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import FloatArray
from avpr_ros.verification.projective_geometry import sampson_distances
from avpr_ros.verification.sift import WORKING_PX

#: Seven matches determine a fundamental matrix: fewer than this would be inliers by chance.
MIN_INLIERS = 8
#: Largest distance of an inlier from its epipolar line, in pixels at the working scale.
_TOLERANCE_PX = 1.0
_CONFIDENCE, _TRIALS = 0.95, 100
#: Where most matches are wrong.
_MANY_CONFIDENCE, _MANY_TRIALS = 0.99, 500


def to_working_scale_px(points_px: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return (K, 2) points in pixels of the image that features were extracted from.

    The extent of the points stands for the size of the image, which features fill.
    """
    size_px = float(np.ptp(points_px, axis=0).max()) if len(points_px) else 0.0
    return points_px * np.float32(WORKING_PX / max(size_px, WORKING_PX))


def epipolar_inliers(
    a_px: NDArray[np.float32], b_px: NDArray[np.float32], max_fitted: int = 40
) -> NDArray[np.bool_]:
    """Return (k,) which matches are inliers of one two-view geometry; none where fewer than eight.

    Args:
        a_px: (k, 2) points of one image, see ``to_working_scale_px``, the best matches first.
        b_px: (k, 2) their counterparts in the other.
        max_fitted: matches that the model is fitted to; inliers are counted among all.
    """
    nothing: NDArray[np.bool_] = np.zeros(len(a_px), np.bool_)
    if len(a_px) < MIN_INLIERS:
        return nothing
    # Without a baseline the fundamental matrix is not determined, and the estimator may fail.
    for model in (_fundamental_inliers, _similarity_transform_inliers):
        inliers = model(a_px, b_px, max_fitted)
        if inliers is not None and int(inliers.sum()) >= MIN_INLIERS:
            return inliers
    return nothing


def _fundamental_inliers(
    a_px: NDArray[np.float32], b_px: NDArray[np.float32], max_fitted: int
) -> NDArray[np.bool_] | None:
    """Fit a fundamental matrix and compare Sampson distances with the tolerance."""
    try:
        fundamental, _ = cv2.findFundamentalMat(
            a_px[:max_fitted],
            b_px[:max_fitted],
            cv2.USAC_PROSAC,
            _TOLERANCE_PX,
            _CONFIDENCE,
            _TRIALS,
        )
    except cv2.error:  # USAC raises where points coincide
        return None
    if fundamental is None or fundamental.shape != (3, 3):
        return None
    matrix = np.asarray(fundamental, dtype=np.float64)
    return np.asarray(np.abs(sampson_distances(matrix, a_px, b_px)) <= _TOLERANCE_PX)


def most_inliers(a_px: NDArray[np.float32], b_px: NDArray[np.float32]) -> int:
    """Return how many of many matches agree with one fundamental matrix; 0 below eight.

    Every match is a sample, as where most of them are wrong (MAGSAC++: Barath et al., CVPR 2020).

    Args:
        a_px: (k, 2) points of one image, see ``to_working_scale_px``, the best matches first.
        b_px: (k, 2) their counterparts in the other.
    """
    if len(a_px) < MIN_INLIERS:
        return 0
    try:
        fundamental, _ = cv2.findFundamentalMat(
            a_px, b_px, cv2.USAC_MAGSAC, _TOLERANCE_PX, _MANY_CONFIDENCE, _MANY_TRIALS
        )
    except cv2.error:  # USAC raises where points coincide
        return 0
    if fundamental is None or fundamental.shape != (3, 3):
        return 0
    matrix = np.asarray(fundamental, dtype=np.float64)
    inliers = int((np.abs(sampson_distances(matrix, a_px, b_px)) <= _TOLERANCE_PX).sum())
    return inliers if inliers >= MIN_INLIERS else 0


def _similarity_transform_inliers(
    a_px: NDArray[np.float32], b_px: NDArray[np.float32], max_fitted: int
) -> NDArray[np.bool_] | None:
    """Fit a rotation, translation and scale of the image and compare distances."""
    transform, _ = cv2.estimateAffinePartial2D(
        a_px[:max_fitted], b_px[:max_fitted], None, cv2.RANSAC, _TOLERANCE_PX, _TRIALS
    )
    if np.ndim(transform) != 2:
        return None
    errors_px = a_px @ transform[:, :2].T + transform[:, 2] - b_px
    return np.asarray(np.linalg.norm(errors_px, axis=1) <= _TOLERANCE_PX)


def count_essential_inliers(first: FloatArray, second: FloatArray, tolerance: float) -> int:
    """Return how many matches satisfy the essential matrix that most of them satisfy.

    The same matches give the same number: the estimator's random numbers start anew.

    Args:
        first: (M, 2) x/z and y/z of viewing rays in one image.
        second: (M, 2) their counterparts in the other.
        tolerance: largest epipolar error, in units of the focal length.
    """
    cv2.setRNGSeed(0)
    matrix, inliers = cv2.findEssentialMat(
        first, second, np.eye(3), method=cv2.RANSAC, prob=0.999, threshold=tolerance
    )
    return 0 if matrix is None else int(inliers.sum())
