# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The demo's camera: intrinsics, extrinsics, and rendering of unlit images."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from avpr_ros.arrays import RgbImage
from avpr_ros.poses import Pose
from avpr_ros.sources.frame import CameraIntrinsics


@dataclass(frozen=True)
class Camera:
    """A pinhole camera without distortion, principal point in the middle."""

    width_px: int = 320
    height_px: int = 240
    focal_px: float = 160.0

    @property
    def centre_px(self) -> tuple[float, float]:
        """Return the principal point, counted from the middle of the first pixel.

        That is where OpenCV and ``camera_info`` have (0, 0).
        """
        return (self.width_px - 1) / 2, (self.height_px - 1) / 2

    @property
    def intrinsics(self) -> CameraIntrinsics:
        """Return the intrinsics as in ``camera_info``."""
        focal, (x, y) = self.focal_px, self.centre_px
        k = (focal, 0.0, x, 0.0, focal, y, 0.0, 0.0, 1.0)
        return CameraIntrinsics(self.width_px, self.height_px, 'plumb_bob', k, (0.0,) * 5)

    def rays(self, factor: int) -> NDArray[np.float32]:
        """Return (H, W, 3) optical-frame rays of depth 1, ``factor`` rays a pixel and axis."""
        width, height = self.width_px * factor, self.height_px * factor
        u, v = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
        x = (u - width / 2) / (self.focal_px * factor)
        y = (v - height / 2) / (self.focal_px * factor)
        return np.stack([x, y, np.ones_like(x)], -1).astype(np.float32)


#: Axes of a base (x forward, y left, z up) from those of an optical frame (z forward, x right, y
#: down; REP-103).
AXES_FROM_OPTICAL = Rotation.from_matrix([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])
_UP_RAD = np.radians(7.0)
#: The camera looks up a little: less road, more houses.
BASE_FROM_CAMERA = Pose(
    np.array([0.5, 0.0, 1.55]), Rotation.from_euler('y', -_UP_RAD) * AXES_FROM_OPTICAL
)


@dataclass(frozen=True, eq=False)
class View:
    """One unlit picture with its geometry, all (H, W, ...) in the world frame.

    Attributes:
        albedo: (H, W, 3) uint8.
        rays: (H, W, 3) float32, not normalised; depth times ray is the point seen.
        depth_m: (H, W) float32 along the optical axis.
        points_m: (H, W, 3) float32.
        normals: (H, W, 3) float32 unit.
        sky: (H, W) bool, nothing there.
    """

    albedo: RgbImage
    rays: NDArray[np.float32]
    depth_m: NDArray[np.float32]
    points_m: NDArray[np.float32]
    normals: NDArray[np.float32]
    sky: NDArray[np.bool_]
