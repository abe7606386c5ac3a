# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Other readings of an image that must not have as many inliers as the one that is used.

An image that is smaller than its camera model describes is taken for a scaled picture; a part of
the picture has the focal length of the whole, and its poses would be wrong by metres with a
covariance that does not show it. A mirrored image has poses only by repeated texture.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import numpy as np

from avpr_ros.gallery.local_features.landmarks import Landmarks
from avpr_ros.localization.geometry.metric_pose import KEYFRAMES
from avpr_ros.localization.geometry.query_features import QueryFeatures
from avpr_ros.localization.query import Query
from avpr_ros.localization.verification_result import VerificationResult
from avpr_ros.sources.frame import CameraIntrinsics
from avpr_ros.verification.cameras.camera_model import CameraModel
from avpr_ros.verification.landmark_pose import count_pose_inliers

#: Offsets of a part of the picture, as shares of the largest ones.
_OFFSETS = ((0.5, 0.5), (0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0))
#: Times as many inliers of the mirrored image; by chance a few are as many.
_MIRRORED = 2
#: Inliers that repeated texture does not give a mirrored image by chance: up to 22 on euroc_v1.
_MOST_BY_CHANCE = 30
#: Times as many inliers with the camera model of the map. On euroc_v1 at most 1.0 where the
#: image's own is right, 1.15 to 3.3 where it is of a rectified or unrectified image or a fisheye.
_OF_MAP = 1.1
#: Share of the width by which equal camera models may differ.
_SAME_MODEL = 0.005


class PictureCheck:
    """Compares the inliers of a pose with those of other readings of the image."""

    def __init__(self, landmarks: Landmarks, features: QueryFeatures) -> None:
        """Set up for a map.

        Args:
            landmarks: of the map.
            features: extracts those of queries.
        """
        self._landmarks = landmarks
        self._features = features
        self._not_mirrored: set[str] = set()

    def forget(self) -> None:
        """Clear which cameras are known not to mirror their images."""
        self._not_mirrored.clear()

    def part_of_picture(
        self,
        query: Query,
        intrinsics: CameraIntrinsics,
        verification: VerificationResult,
        inliers: int,
    ) -> str | None:
        """Return why an image is a part of the picture; None where it is not, or is as described.

        The part is taken from the middle and from the corners; for smaller differences of the
        offset a rotation of the camera stands in.

        Args:
            query: with an image.
            intrinsics: of its camera.
            verification: of its place, with its features.
            inliers: of the pose for the image as a scaled picture.
        """
        if query.image is None:
            return None
        height_px, width_px = query.image.shape[:2]
        sent = query.sent_px or (width_px, height_px)
        full = (intrinsics.width_px, intrinsics.height_px)
        if sent[0] >= full[0] or sent[1] >= full[1]:
            return None
        count = 0
        for x, y in _OFFSETS:
            k = list(intrinsics.k)
            k[2] -= x * (full[0] - sent[0])
            k[5] -= y * (full[1] - sent[1])
            part = replace(intrinsics, width_px=sent[0], height_px=sent[1], k=tuple(k))
            count = max(count, self._inliers(query, part, verification))
        if count < inliers:
            return None
        return (
            f'the image is {sent[0]} x {sent[1]} px and the camera model of {full[0]} x '
            f'{full[1]} px, and PnP has {count} inliers for a part of the picture, {inliers} for '
            'a scaled one; set roi in camera_info'
        )

    def camera_of_map(
        self,
        query: Query,
        of_map: CameraIntrinsics | None,
        verification: VerificationResult,
        inliers: int,
    ) -> str | None:
        """Return why the image's own camera model is wrong; None where that of the map fits worse.

        Args:
            query: with an image.
            of_map: intrinsics of the map's camera; None where unknown.
            verification: of its place, with its features.
            inliers: of the pose with the query's own intrinsics.
        """
        own = query.intrinsics
        if query.image is None or own is None or of_map is None or _same_model(own, of_map):
            return None
        count = self._inliers(query, of_map, verification)
        if count <= _OF_MAP * inliers:
            return None
        return (
            f'PnP has {count} inliers with the camera model of the map and {inliers} with that of '
            'camera_info; check that it is of these images, and that they are rectified where the '
            "name of their topic contains 'rect', and only there"
        )

    def mirrored(
        self,
        query: Query,
        intrinsics: CameraIntrinsics,
        verification: VerificationResult,
        inliers: int,
    ) -> str | None:
        """Return why an image is mirrored; None where it is not. Arguments as above.

        Features of the mirrored image cost as much as those of the image, so a camera is compared
        until it has a pose of many inliers with more of them than its mirror image.
        """
        if query.image is None or query.camera in self._not_mirrored:
            return None
        k = list(intrinsics.k)
        k[2] = intrinsics.width_px - 1 - k[2]
        image = np.ascontiguousarray(query.image[:, ::-1])
        field = self._features.field(query.camera, query.intrinsics)
        features = self._features.extract(image, field, last=len(verification.features))
        of_mirrored = replace(verification, features=features)
        count = self._inliers(query, replace(intrinsics, k=tuple(k)), of_mirrored)
        if count <= _MIRRORED * inliers:
            if inliers >= _MOST_BY_CHANCE and count < inliers:
                self._not_mirrored.add(query.camera)
            return None
        return (
            f'PnP has {count} inliers for the mirrored image and {inliers} for the image; are the '
            'images mirrored?'
        )

    def _inliers(
        self, query: Query, intrinsics: CameraIntrinsics, verification: VerificationResult
    ) -> int:
        """Return the inliers of the pose by other intrinsics; 0 where these cannot be used."""
        if query.image is None:
            return 0
        height_px, width_px = query.image.shape[:2]
        field = self._features.field(query.camera, query.intrinsics)
        with suppress(ValueError):
            model = CameraModel(intrinsics, width_px, height_px, field)
            rows = verification.rows[:KEYFRAMES]
            return count_pose_inliers(self._landmarks, rows, verification.features, model)
        return 0


def _same_model(first: CameraIntrinsics, second: CameraIntrinsics) -> bool:
    """Return whether two camera models are equal but for the size of the images."""
    if (first.distortion_model, first.d) != (second.distortion_model, second.d):
        return False
    scaled = [np.array(one.k[:6]) / one.width_px for one in (first, second)]
    return float(np.abs(scaled[0] - scaled[1]).max()) <= _SAME_MODEL
