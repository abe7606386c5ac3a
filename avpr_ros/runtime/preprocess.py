# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The one resize: robot, networks and training all see images through it."""

from __future__ import annotations

import cv2
import numpy as np

from avpr_ros.arrays import RgbImage
from avpr_ros.errors import ImageDecodeError


def squash(image: RgbImage, size_px: int) -> RgbImage:
    """Resize to a square without keeping the aspect ratio.

    What shrinks is averaged over areas (no aliasing), what grows is interpolated.

    Args:
        image: (H, W, 3) uint8 RGB.
        size_px: side of the square.

    Returns:
        (size_px, size_px, 3) uint8 RGB, contiguous.

    Raises:
        ImageDecodeError: not such an image, or one without pixels.
    """
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or image.size == 0:
        raise ImageDecodeError(
            f'an image is {image.dtype} {image.shape}, expected uint8 (H, W, 3) with pixels'
        )
    height, width = min(image.shape[0], size_px), min(image.shape[1], size_px)
    shrunk = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    if width == height == 1:  # OpenCV 4.5.4, that of Ubuntu 22.04, cannot enlarge one pixel
        return np.ascontiguousarray(np.broadcast_to(shrunk, (size_px, size_px, 3)))
    grown = cv2.resize(shrunk, (size_px, size_px), interpolation=cv2.INTER_LINEAR)
    return np.ascontiguousarray(grown, dtype=np.uint8)
