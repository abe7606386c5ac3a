# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""One query image: its descriptor, and what else is known at its stamp."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from avpr_ros.arrays import Descriptors, FloatArray, RgbImage
from avpr_ros.gallery.index.standardization import standardized
from avpr_ros.gallery.local_features.features import Features
from avpr_ros.poses import Pose
from avpr_ros.sources.frame import CameraIntrinsics


@dataclass(frozen=True, eq=False)
class StandardizedDescriptor:
    """The descriptor of a query about the mean of its drive, with the mean of the map.

    Attributes:
        descriptor: (d,) float64 of length 1.
        map_mean: (d,) subtracted from the rows of the map that it is compared with.
    """

    descriptor: FloatArray
    map_mean: FloatArray


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
        standardized: the descriptor that is compared with the map instead of ``descriptor``; None
            where that itself is.
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
    standardized: StandardizedDescriptor | None = None

    @property
    def searched(self) -> Descriptors:
        """The (d,) descriptor whose inner product with the rows of the index ranks them."""
        return self.descriptor if self.standardized is None else self.standardized.descriptor

    def similarities(self, rows: Descriptors, dtype: DTypeLike = np.float64) -> NDArray[Any]:
        """Return the (k,) similarities to (k, d) descriptors of a map, computed in a type."""
        own = rows.astype(dtype)
        if self.standardized is not None:
            own = standardized(own, self.standardized.map_mean.astype(dtype))
        return np.asarray(own @ self.searched.astype(dtype))
