# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Viewing rays of pixels, for pinhole cameras with radial-tangential or fisheye distortion."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import FloatArray
from avpr_ros.sources.frame import CameraIntrinsics
from avpr_ros.sources.intrinsics import check_intrinsics, check_shape, is_fisheye
from avpr_ros.verification.sift import WORKING_PX


class CameraModel:
    """The intrinsics of one camera at the size of an image.

    Attributes:
        focal_px: mean focal length in pixels of that image.
        working_focal_px: the same in pixels of the image that features are extracted from.
    """

    def __init__(
        self, intrinsics: CameraIntrinsics, width_px: int, height_px: int, field: float = 1.0
    ) -> None:
        """Scale the intrinsics to an image.

        Args:
            intrinsics: from ``camera_info`` or from the map.
            width_px: width of the image.
            height_px: height of the image.
            field: of view that features are extracted by, see ``FeatureExtractor``.

        Raises:
            CalibrationError: the parameters are impossible.
            UnsupportedModelError: the distortion model is unknown, or the image has another
                aspect ratio than the intrinsics.
        """
        check_intrinsics(intrinsics)
        check_shape(intrinsics, width_px, height_px)
        k = np.asarray(intrinsics.k, dtype=np.float64).reshape(3, 3)
        scale = np.array([width_px, height_px]) / [intrinsics.width_px, intrinsics.height_px]
        self._k = k.copy()
        self._k[:2, :2] *= scale[:, np.newaxis]
        self._k[:2, 2] = (k[:2, 2] + 0.5) * scale - 0.5
        self._d = np.asarray(intrinsics.d, dtype=np.float64)
        self._fisheye = is_fisheye(intrinsics.distortion_model)
        self.focal_px = float((self._k[0, 0] + self._k[1, 1]) / 2)
        working_scale = min(1.0, field * WORKING_PX / max(width_px, height_px))
        self.working_focal_px = self.focal_px * working_scale

    def rays(self, points_px: NDArray[np.floating]) -> FloatArray:
        """Return (K, 2) x/z and y/z of the viewing rays of (K, 2) pixels, in the optical frame."""
        if not len(points_px):
            return np.zeros((0, 2))
        pixels = np.asarray(points_px, dtype=np.float64)[:, np.newaxis]
        undistort = cv2.fisheye.undistortPoints if self._fisheye else cv2.undistortPoints
        rays = undistort(pixels, self._k, self._d[:4] if self._fisheye else self._d)
        return np.asarray(rays.reshape(-1, 2), dtype=np.float64)
