# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""RootSIFT features of an image."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import RgbImage
from avpr_ros.gallery.local_features.features import ROOT_SIFT, FeatureKind, Features

#: Images are scaled down to this longer side: keypoints that survive it are repeatable, and the
#: cost falls with the square. Positions are still exact to a part of a pixel.
WORKING_PX = 240
#: Features of an image, at most; the strongest are kept.
MAX_FEATURES = 300
#: SIFT's default of 0.04 leaves bare walls and dim corridors without features; the strongest are
#: kept anyway.
_CONTRAST = 0.008


class SiftExtractor:
    """Extracts RootSIFT features; see ``FeatureExtractor``."""

    @property
    def kind(self) -> FeatureKind:
        """See ``FeatureExtractor``."""
        return ROOT_SIFT

    @property
    def working_px(self) -> int:
        """See ``FeatureExtractor``."""
        return WORKING_PX

    def extract(self, image: RgbImage, field: float = 1.0) -> Features:
        """See ``FeatureExtractor``."""
        return extract_features(image, field)


def extract_features(image: RgbImage, field: float = 1.0) -> Features:
    """Extract the features of an image, see ``FeatureExtractor``."""
    height, width = image.shape[:2]
    scale = min(1.0, field * WORKING_PX / max(height, width))
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    if scale < 1.0:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    sift = cv2.SIFT.create(MAX_FEATURES, contrastThreshold=_CONTRAST)
    keypoints, found = sift.detectAndCompute(grey, None)
    if found is None or not keypoints:
        return Features.empty(ROOT_SIFT)
    # A pixel's centre lies at a whole number on both scales.
    ratio = np.array([width / grey.shape[1], height / grey.shape[0]])
    points = (np.array([keypoint.pt for keypoint in keypoints]) + 0.5) * ratio - 0.5
    order = np.argsort([-keypoint.response for keypoint in keypoints], kind='stable')[
        :MAX_FEATURES
    ]
    return Features(
        points[order].astype(np.float32), _root(np.asarray(found, dtype=np.float32))[order]
    )


def _root(sift: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return the square root of L1-normalised rows, so that L2 distances compare histograms."""
    sums = np.maximum(sift.sum(axis=1, keepdims=True), 1e-6)
    return np.asarray(np.minimum(np.sqrt(sift / sums) * 512, 255), dtype=np.uint8)
