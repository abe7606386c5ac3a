# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The pose by PnP, where the camera model is known and the place has enough landmarks."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from avpr_ros.gallery.gallery import Gallery
from avpr_ros.gallery.local_features.landmarks import Landmarks
from avpr_ros.localization.query import Query
from avpr_ros.localization.result import PoseEstimate
from avpr_ros.localization.settings import MatchSettings
from avpr_ros.localization.verification_result import VerificationResult
from avpr_ros.poses import Pose
from avpr_ros.sources.frame import CameraIntrinsics, camera_numbers, map_camera
from avpr_ros.verification.cameras.camera_model import CameraModel
from avpr_ros.verification.landmark_pose import locate, refined_camera_from_base
from avpr_ros.verification.pnp import moved_to_base

#: Keyframes of the place whose landmarks are matched with the image.
KEYFRAMES = 6
#: Points in space that a place needs for PnP.
_MIN_POINTS = 100
#: Lower bounds of the standard deviations, however small the residuals.
_MIN_SIGMA_M = 0.01
_MIN_SIGMA_RAD = 0.002
#: Rotations of extrinsics that are of one calibration.
_SAME_ROTATION_RAD = float(np.radians(0.5))

#: ``camera_from_base`` and camera model.
View: TypeAlias = tuple[Pose, CameraModel]


@dataclass(frozen=True)
class MetricPose:
    """A pose by PnP.

    Attributes:
        estimate: of the base.
        inliers: number of its inliers.
        rival_inliers: number of inliers of the best other pose.
        unique: whether the other pose is clearly worse, see ``CameraPose``.
    """

    estimate: PoseEstimate
    inliers: int
    rival_inliers: int
    unique: bool


class MetricPoses:
    """Estimates poses of cameras against the landmarks of a map."""

    def __init__(self, gallery: Gallery, landmarks: Landmarks, settings: MatchSettings) -> None:
        """Set up for a map.

        Args:
            gallery: the map; its cameras' models and extrinsics stand in for a query's.
            landmarks: of the map.
            settings: the scales of the covariance.
        """
        self._gallery = gallery
        self._landmarks = landmarks
        position, yaw = settings.position_covariance_scale, settings.yaw_covariance_scale
        self._scales = np.array([position] * 3 + [1.0, 1.0, yaw])

    def view(self, query: Query, verification: VerificationResult, field: float) -> View | None:
        """Return the view of a camera; None where it, or enough landmarks, are not known.

        Args:
            query: with its image.
            verification: of its place.
            field: see ``QueryFeatures``.
        """
        return self._view(query, field) if self._points(verification) >= _MIN_POINTS else None

    def measure(self, view: View, verification: VerificationResult) -> MetricPose | None:
        """Return the pose of the base with its full covariance; None where PnP finds none."""
        camera_from_base, camera_model = view
        rows = verification.rows[:KEYFRAMES]
        found = locate(self._landmarks, rows, verification.features, camera_model)
        if found is None:
            return None
        map_from_base, covariance = moved_to_base(found, camera_from_base)
        floor = np.diag([_MIN_SIGMA_M**2] * 3 + [_MIN_SIGMA_RAD**2] * 3)
        scaled = self._landmarks.covariance_scale * covariance + floor
        estimate = PoseEstimate(map_from_base, scaled * np.outer(self._scales, self._scales), True)
        rival_inliers = 0 if found.rival is None else len(found.rival.inliers)
        return MetricPose(estimate, len(found.inliers), rival_inliers, found.unique)

    def _points(self, verification: VerificationResult) -> int:
        """Return the number of landmarks of a place's keyframes."""
        return sum(
            len(layer.points_of(int(row)))
            for row in verification.rows[:KEYFRAMES]
            for layer in self._landmarks.layers
        )

    def intrinsics(self, query: Query) -> CameraIntrinsics | None:
        """Return the intrinsics of a query's camera: its own, else those of the map's camera."""
        return query.intrinsics or self.intrinsics_of_map(query)

    def intrinsics_of_map(self, query: Query) -> CameraIntrinsics | None:
        """Return the intrinsics of the map's camera of a query; None where unknown."""
        known = map_camera(query.camera, self._gallery.manifest.cameras)
        return None if known is None else known.intrinsics

    def turned(self, query: Query) -> str | None:
        """Return why an image seems turned by a quarter turn; None where it has its shape."""
        intrinsics = self.intrinsics(query)
        if query.image is None or intrinsics is None:
            return None
        height_px, width_px = query.image.shape[:2]
        size_px = intrinsics.width_px, intrinsics.height_px
        if (width_px > height_px) == (size_px[0] > size_px[1]) or size_px[0] == size_px[1]:
            return None
        return (
            f'the image is {width_px} x {height_px} px and the camera model is of {size_px[0]} x '
            f'{size_px[1]} px; is the image turned by 90 degrees?'
        )

    def _view(self, query: Query, field: float) -> View | None:
        """Return ``camera_from_base`` and model of the query's camera; None where not known.

        An image of another shape than the camera model's has none.
        """
        if query.image is None:
            return None
        height_px, width_px = query.image.shape[:2]
        cameras, intrinsics = self._gallery.manifest.cameras, self.intrinsics(query)
        numbers = camera_numbers(query.camera, cameras)
        nominal = cameras[numbers[0]].base_from_camera if numbers else None
        own = query.base_from_camera or nominal
        if own is None:
            return None
        # Extrinsics with the rotation of the map's have its error, which a build refines.
        turned = nominal is None or own.angle_rad(nominal) > _SAME_ROTATION_RAD
        if turned or not numbers:
            camera_from_base = own.inverse()
        else:
            camera_from_base = refined_camera_from_base(self._landmarks, numbers[0], own)
        if intrinsics is not None:
            with suppress(ValueError):
                return camera_from_base, CameraModel(intrinsics, width_px, height_px, field)
        return None
