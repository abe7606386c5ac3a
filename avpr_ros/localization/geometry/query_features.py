# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Local features of queries, at the angular resolution of the map's keyframes."""

from __future__ import annotations

from collections.abc import Sequence

from avpr_ros.arrays import RgbImage
from avpr_ros.gallery.local_features.features import FeatureExtractor, Features
from avpr_ros.sources.frame import Camera, CameraIntrinsics, map_camera

#: Fields of view of about the same width, as of a rectified image and a raw one.
_SAME_FIELD = 0.9
#: In a smaller part of the view than this there are too few features at the map's resolution.
_MIN_FIELD = 0.25


class QueryFeatures:
    """Extracts the features of queries, of each kind that a map has."""

    def __init__(self, cameras: Sequence[Camera], extractors: Sequence[FeatureExtractor]) -> None:
        """Set up for a map.

        Args:
            cameras: of the map.
            extractors: of its kinds of features, in the order of its layers.
        """
        self._cameras = cameras
        self._extractors = extractors

    def __len__(self) -> int:
        """Return the number of kinds."""
        return len(self._extractors)

    @property
    def working_px(self) -> int:
        """Longer side that images are scaled down to, at most, before features are extracted."""
        return max(extractor.working_px for extractor in self._extractors)

    def field(self, camera: str, intrinsics: CameraIntrinsics | None) -> float:
        """Return the width of an image's field of view as a share of that of the keyframes.

        Learned features do not survive a change of scale: a region of interest that is enlarged
        to the size of the keyframes' images has half as many poses.

        Args:
            camera: name of the camera.
            intrinsics: of the camera; None where those of the map stand in.

        Returns:
            0.25 to 1; 1 for wider fields, similar ones, and where one is not known.
        """
        known = map_camera(camera, self._cameras)
        if intrinsics is None or known is None or known.intrinsics is None:
            return 1.0
        own_width, map_width = _width(intrinsics), _width(known.intrinsics)
        if not 0 < own_width < _SAME_FIELD * map_width:
            return 1.0
        return max(own_width / map_width, _MIN_FIELD)

    def extract(
        self, image: RgbImage, field: float, first: int = 0, last: int | None = None
    ) -> tuple[Features, ...]:
        """Extract the features of some kinds.

        Args:
            image: (H, W, 3) uint8.
            field: see ``field``.
            first: number of the first kind.
            last: number after the last one; None: all that follow.

        Raises:
            MapError: the network of a learned kind cannot be run.
        """
        return tuple(one.extract(image, field) for one in self._extractors[first:last])


def _width(intrinsics: CameraIntrinsics) -> float:
    """Return the longer side of the image in focal lengths; 0 where these are impossible."""
    focal_px = (intrinsics.k[0] + intrinsics.k[4]) / 2
    return max(intrinsics.width_px, intrinsics.height_px) / focal_px if focal_px > 0 else 0.0
