# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Measurement of the range of values that a camera of 16 bits uses."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from avpr_ros.errors import ImageDecodeError
from avpr_ros.sources.images.image_size import is_deep_png, too_large
from avpr_ros.sources.images.pixel_range import PixelRange
from avpr_ros.sources.images.raw_image import as_bytes, deep_values

#: Percentiles of the values that become 0 and 255.
_PERCENTILES = (0.5, 99.5)
#: Images that are measured: the first ones, then each at twice the number of the one before.
_FIRST_IMAGES = 8
#: Values taken of an image, evenly over its rows.
_SAMPLES = 20_000
#: A smaller range is noise around one grey: the image shows nothing.
_MIN_RANGE = 16


class PixelRangeMeter:
    """Measures the range of 16-bit values that a camera uses, over some of its images."""

    def __init__(self) -> None:
        self._seen = 0
        self._values: list[NDArray[np.uint16]] = []

    def wants_next(self) -> bool:
        """Count an image and return whether it is to be measured."""
        self._seen += 1
        return self._seen <= _FIRST_IMAGES or self._seen & (self._seen - 1) == 0

    def add(self, values: NDArray[Any]) -> None:
        """Take the (H, W) or (H, W, C) uint16 values of an image."""
        flat = values.reshape(-1)
        self._values.append(flat[:: max(1, flat.size // _SAMPLES)].astype(np.uint16))

    def measured(self) -> PixelRange | None:
        """Return the range; None where there was no image, or all are of one grey."""
        if not self._values:
            return None
        low, high = np.percentile(np.concatenate(self._values), _PERCENTILES)
        if high - low < _MIN_RANGE:
            return None
        return PixelRange(int(low), int(np.ceil(high)))


def deep_values_of(message: Any) -> NDArray[np.uint16] | None:
    """Return the 16-bit values of an Image or CompressedImage message; None: 8 bits, or unknown.

    A compressed image is decoded if it is a PNG of 16 bits.
    """
    if hasattr(message, 'encoding'):
        try:
            return deep_values(message)
        except ImageDecodeError:
            return None
    return deep_png_values(as_bytes(message.data))


def deep_png_values(data: NDArray[np.uint8]) -> NDArray[np.uint16] | None:
    """Return the 16-bit values of a PNG, (n,) bytes; None where it is none or has 8 bits."""
    if not is_deep_png(data) or too_large(data) is not None:
        return None
    values: Any = cv2.imdecode(data, cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH)
    return values if values is not None and values.dtype == np.uint16 else None
