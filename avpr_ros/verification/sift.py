# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""RootSIFT features of an image, and their nearest neighbours."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import IntArray, RgbImage
from avpr_ros.gallery.local_features import WIDTH, Features

#: Images are scaled down to this longer side: keypoints that survive it are repeatable, and the
#: cost falls with the square. Positions are still exact to a part of a pixel.
WORKING_PX = 240
#: Features of an image, at most; the strongest are kept.
MAX_FEATURES = 300
#: SIFT's default of 0.04 leaves bare walls and dim corridors without features; the strongest are
#: kept anyway.
_CONTRAST = 0.008


def extract_features(image: RgbImage) -> Features:
    """Extract the features of an (H, W, 3) uint8 image; blank or tiny ones have none."""
    height, width = image.shape[:2]
    scale = min(1.0, WORKING_PX / max(height, width))
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    if scale < 1.0:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    sift = cv2.SIFT.create(MAX_FEATURES, contrastThreshold=_CONTRAST)
    keypoints, found = sift.detectAndCompute(grey, None)
    if found is None or not keypoints:
        return Features(np.zeros((0, 2), np.float32), np.zeros((0, WIDTH), np.uint8))
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


def squared_distances(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return (K, L) squared distances of (K, 128) and (L, 128) descriptors, exact in float32."""
    first, second = a.astype(np.float32), b.astype(np.float32)
    products = first @ second.T
    squares = np.einsum('ij,ij->i', first, first)[:, np.newaxis]
    return np.asarray(
        np.maximum(squares + np.einsum('ij,ij->i', second, second) - 2 * products, 0.0),
        dtype=np.float32,
    )


def nearest_of(
    queries: NDArray[np.uint8], references: NDArray[np.uint8]
) -> tuple[IntArray, NDArray[np.float32]]:
    """Return the nearest of (L, 128) reference descriptors for each of (K, 128) queries.

    Returns:
        Indices and squared distances, (K,) each. By ``|a - b|^2 = |a|^2 - 2 (a.b - |b|^2 / 2)``,
        whose first term is the same for all references.
    """
    first, second = queries.astype(np.float32), references.astype(np.float32)
    closeness = first @ second.T
    closeness -= np.einsum('ij,ij->i', second, second) / 2
    nearest = closeness.argmax(axis=1)
    best = closeness[np.arange(len(nearest)), nearest]
    squares = np.maximum(np.einsum('ij,ij->i', first, first) - 2 * best, 0.0)
    return nearest.astype(np.int64), np.asarray(squares, dtype=np.float32)
