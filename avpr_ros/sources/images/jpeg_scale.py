# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""How far a JPEG may be shrunk while it is decoded, where a network needs fewer pixels.

A JPEG decoder gives half, a quarter or an eighth of the size almost for free: it leaves out the
upper frequencies of each 8x8 block (ITU-T T.81, A.3.3) instead of computing pixels that a resize
would average away.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

_JPEG_START = b'\xff\xd8'
_START_OF_SCAN = 0xDA
# frame headers, which hold the size; 0xC4, 0xC8 and 0xCC are other segments (table B.1)
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_REDUCED = (
    (8, cv2.IMREAD_REDUCED_COLOR_8),
    (4, cv2.IMREAD_REDUCED_COLOR_4),
    (2, cv2.IMREAD_REDUCED_COLOR_2),
)


def reading_flag(data: NDArray[np.uint8], least_side_px: int) -> int:
    """Return OpenCV's flag for the smallest decoding whose sides are both long enough.

    Args:
        data: (n,) uint8, the whole file; what is no JPEG is decoded whole.
        least_side_px: the least width and height wanted.
    """
    size = jpeg_size(data)
    if size is not None:
        for factor, flag in _REDUCED:
            if min(size) >= factor * least_side_px:
                return int(flag)
    return int(cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH)


def jpeg_size(data: NDArray[np.uint8]) -> tuple[int, int] | None:
    """Return width and height in pixels from a JPEG's frame header, or None where there is none.

    Args:
        data: (n,) uint8, the whole file.
    """
    if data[:2].tobytes() != _JPEG_START:
        return None
    offset = len(_JPEG_START)
    while offset + 9 <= len(data) and data[offset] == 0xFF:
        marker = int(data[offset + 1])
        if marker in _FRAMES:
            return _number(data, offset + 7), _number(data, offset + 5)
        if marker == _START_OF_SCAN:
            return None
        # 0xFF before a marker only fills
        offset += 1 if marker == 0xFF else 2 + _number(data, offset + 2)
    return None


def _number(data: NDArray[np.uint8], offset: int) -> int:
    """Read two bytes, the high one first."""
    return int(data[offset]) << 8 | int(data[offset + 1])
