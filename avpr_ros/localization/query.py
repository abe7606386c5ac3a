# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""One query image: its descriptor, and what else is known at its stamp."""

from __future__ import annotations

from dataclasses import dataclass

from avpr_ros.arrays import Descriptors, RgbImage
from avpr_ros.gallery.local_features.features import Features
from avpr_ros.poses import Pose
from avpr_ros.sources.frame import CameraIntrinsics


@dataclass(frozen=True, eq=False)
class Query:
    """One query image.

    Attributes:
        descriptor: (d,) of length 1.
        stamp_ns: the image's stamp, nanoseconds.
        camera: name of the camera that took it.
        image: (H, W, 3) uint8 RGB; None where only the descriptor is known.
        intrinsics: of the camera that took it; None where those of the map stand in.
        odom_from_base: pose of the base in the odometry frame at the stamp; None without odometry.
        base_from_camera: extrinsics of that camera; None where those of the map stand in.
        features: of the image, of the map's first kind; None where they are still to be extracted.
        sent_px: width and height of the image as it was sent, where it was decoded at a reduced
            size; None: those of ``image``.
    """

    descriptor: Descriptors
    stamp_ns: int
    camera: str
    image: RgbImage | None = None
    intrinsics: CameraIntrinsics | None = None
    odom_from_base: Pose | None = None
    base_from_camera: Pose | None = None
    features: tuple[Features, ...] | None = None
    sent_px: tuple[int, int] | None = None
