# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Conversion of 16-bit images to 8 bits, by the range of values that a camera uses.

A sensor of 10 or 12 bits uses a small part of 16, a radiometric (thermal) camera a narrow band in
their middle. Scaled as a whole, both would be almost of one grey. The range is measured once a
camera, so that one value keeps one grey through a drive, and is stored in the map: the same camera
looks alike when the map is used.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class PixelRange:
    """Range of the values of a camera's 16-bit images.

    Attributes:
        low: value that becomes 0 of 8 bits, as all below.
        high: value that becomes 255, as all above; larger than ``low``.
    """

    low: int
    high: int


#: All values of 16 bits: the range of a camera that none was measured of.
WHOLE_RANGE = PixelRange(0, 65535)


def to_8_bit(image: NDArray[Any], pixel_range: PixelRange | None) -> NDArray[np.uint8]:
    """Map a range of 16-bit values to 0..255 linearly, rounding to nearest; 8 bits pass.

    Args:
        image: (...) uint8 or uint16.
        pixel_range: values that become 0 and 255, others are clipped; None: 0 and 65535.
    """
    if image.dtype.itemsize == 1:
        return image
    whole = pixel_range or WHOLE_RANGE
    return _table(whole.low, whole.high)[image.astype(np.uint16, copy=False)]


@lru_cache(maxsize=16)
def _table(low: int, high: int) -> NDArray[np.uint8]:
    values = (np.arange(65536, dtype=np.float64) - low) * (255 / (high - low))
    return np.floor(np.clip(values, 0, 255) + 0.5).astype(np.uint8)
