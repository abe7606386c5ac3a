# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Odometry, camera model and extrinsics at the stamp of an image."""

from __future__ import annotations

from avpr_ros.poses import Pose
from avpr_ros.ros.localizer.camera_info import CameraInfoInput
from avpr_ros.ros.localizer.extrinsics import ExtrinsicsProvider
from avpr_ros.ros.localizer.odometry import OdometryInput
from avpr_ros.sources.frame import CameraIntrinsics


class QueryContext:
    """Looks up what is known about an image besides its pixels."""

    def __init__(
        self,
        odometry: OdometryInput,
        camera_info: CameraInfoInput,
        extrinsics: ExtrinsicsProvider,
    ) -> None:
        """Combine the three inputs of the node."""
        self._odometry = odometry
        self._camera_info = camera_info
        self._extrinsics = extrinsics

    @property
    def odometry_restarts(self) -> int:
        """How often odometry started anew."""
        return self._odometry.restarts

    def odom_from_base(self, stamp_ns: int, wait_s: float) -> Pose | None:
        """Return the pose of the base at a stamp; None where odometry does not reach it.

        Args:
            stamp_ns: of the image.
            wait_s: how long to wait for odometry that arrives a little after the image.
        """
        return self._odometry.at(stamp_ns, wait_s)

    def camera(
        self, camera: str, frame_id: str, image_size_px: tuple[int, int] | None, stamp_ns: int
    ) -> tuple[CameraIntrinsics | None, Pose | None]:
        """Return intrinsics and ``base_from_camera``; None each where the map's stand in.

        Args:
            camera: name of the camera.
            frame_id: optical frame of its images.
            image_size_px: width and height of the image as it was sent; None: unknown.
            stamp_ns: of the image.

        Raises:
            ExtrinsicsError: the extrinsics are to come from TF, and have not been received.
        """
        extrinsics = self._extrinsics.base_from_camera(camera, frame_id)
        return self._camera_info.intrinsics(camera, image_size_px, stamp_ns), extrinsics

    def clear(self) -> None:
        """Forget the odometry, as after a jump of the clock."""
        self._odometry.clear()
