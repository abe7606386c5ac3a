# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Do the features that an image and a keyframe share lie as two views of one scene do?"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import FloatArray
from avpr_ros.verification.sift import WORKING_PX

#: Seven features fix a fundamental matrix: fewer than this would agree on one by chance.
FEWEST = 8
#: How far from its epipolar line a feature may lie, in pixels of the picture as it was worked on.
_TOLERANCE_PX = 1.0
_CONFIDENCE, _TRIALS = 0.95, 100
#: The matrix is fitted to so many of them, the surest; then all are asked whether they agree.
_FITTED = 40


def to_working_scale_px(points_px: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return (K, 2) points in pixels of the picture as it was worked on; features fill it."""
    size_px = float(np.ptp(points_px, axis=0).max()) if len(points_px) else 0.0
    return points_px * np.float32(WORKING_PX / max(size_px, WORKING_PX))


def agreeing(a_px: NDArray[np.float32], b_px: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Tell which features agree on one fundamental matrix; none where fewer than eight do.

    Args:
        a_px: (k, 2) points of one picture, see ``to_working_scale_px``, the surest matches first.
        b_px: (k, 2) their counterparts in the other.
    """
    nothing: NDArray[np.bool_] = np.zeros(len(a_px), np.bool_)
    if len(a_px) < FEWEST:
        return nothing
    # From the very same spot no matrix can be told from another, and the search may find none.
    for told_by in (_of_one_scene, _of_one_spot):
        agree = told_by(a_px, b_px)
        if agree is not None and int(agree.sum()) >= FEWEST:
            return agree
    return nothing


def _of_one_scene(
    a_px: NDArray[np.float32], b_px: NDArray[np.float32]
) -> NDArray[np.bool_] | None:
    try:
        fundamental, _ = cv2.findFundamentalMat(
            a_px[:_FITTED], b_px[:_FITTED], cv2.USAC_PROSAC, _TOLERANCE_PX, _CONFIDENCE, _TRIALS
        )
    except cv2.error:  # USAC raises where points coincide
        return None
    if fundamental is None or fundamental.shape != (3, 3):
        return None
    found = np.asarray(fundamental, dtype=np.float64)
    return np.asarray(_sampson_px(found, a_px, b_px) <= _TOLERANCE_PX)


def _of_one_spot(a_px: NDArray[np.float32], b_px: NDArray[np.float32]) -> NDArray[np.bool_] | None:
    """Tell which points one turn, shift and scale of the picture explains."""
    moved, _ = cv2.estimateAffinePartial2D(
        a_px[:_FITTED], b_px[:_FITTED], None, cv2.RANSAC, _TOLERANCE_PX, _TRIALS
    )
    if np.ndim(moved) != 2:
        return None
    off_px = a_px @ moved[:, :2].T + moved[:, 2] - b_px
    return np.asarray(np.linalg.norm(off_px, axis=1) <= _TOLERANCE_PX)


def _sampson_px(
    fundamental: FloatArray, a_px: NDArray[np.float32], b_px: NDArray[np.float32]
) -> FloatArray:
    """Return (k,) Sampson distances (Hartley & Zisserman, 2004, 11.4.3) of point pairs."""
    first, second = (np.column_stack([one, np.ones(len(one))]) for one in (a_px, b_px))
    lines, back = first @ fundamental.T, second @ fundamental
    squares = (lines[:, :2] ** 2).sum(axis=1) + (back[:, :2] ** 2).sum(axis=1)
    return np.asarray(np.abs((second * lines).sum(axis=1)) / np.sqrt(np.maximum(squares, 1e-12)))
