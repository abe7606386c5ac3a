# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Width and height of image messages and files, without decoding them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from avpr_ros.sources.images.jpeg_scale import jpeg_size

_PNG_START = b'\x89PNG\r\n\x1a\n'
#: Where the size and the bit depth stand in a PNG's first chunk (PNG specification, 11.2.2).
_PNG_WIDTH, _PNG_HEIGHT, _PNG_DEPTH = slice(16, 20), slice(20, 24), 24


#: Largest image that is decoded, in pixels: 8K is 33 million.
MAX_PIXELS = 50_000_000
#: Of an image file: ``MAX_PIXELS`` of three channels of 16 bits, not compressed at all.
MAX_FILE_BYTES = 6 * MAX_PIXELS
#: Pixels times scans of a progressive JPEG: each scan is a pass over the whole image.
_MAX_SCANNED_PIXELS = 20 * MAX_PIXELS


def too_large(data: NDArray[np.uint8], scans: int = 1) -> str | None:
    """Return why a JPEG or PNG file is not decoded, as a clause; None where it may be.

    The size is that of the header: nothing is decoded for it.

    Args:
        data: (n,) uint8, the whole file.
        scans: of a JPEG.
    """
    size = encoded_size_px(data)
    if size is None:
        return 'is damaged or neither JPEG nor PNG'
    if reason := too_many_pixels(*size):
        return reason
    if size[0] * size[1] * scans > _MAX_SCANNED_PIXELS:
        return f'has {scans} scans of {size[0]} x {size[1]} px, which take too long to decode'
    return None


def too_many_pixels(
    width_px: int,
    height_px: int,
    most: int = MAX_PIXELS,
    remedy: str = 'reduce the resolution of the camera',
) -> str | None:
    """Return why an image of a size is not decoded, as a clause; None where it may be."""
    if width_px * height_px <= most:
        return None
    return f'has {width_px} x {height_px} px, more than {most / 1e6:g} million: {remedy}'


def message_size_px(message: Any) -> tuple[int, int] | None:
    """Return width and height of a ``sensor_msgs`` Image or CompressedImage; None: unknown."""
    if hasattr(message, 'width'):
        size = int(message.width), int(message.height)
        return size if min(size) > 0 else None
    return encoded_size_px(np.frombuffer(message.data, dtype=np.uint8))


def encoded_size_px(data: NDArray[np.uint8]) -> tuple[int, int] | None:
    """Return width and height of a JPEG or PNG file, (n,) uint8; None where it is neither."""
    head = data[:32].tobytes()
    if head.startswith(_PNG_START) and len(head) > _PNG_DEPTH and head[12:16] == b'IHDR':
        return int.from_bytes(head[_PNG_WIDTH], 'big'), int.from_bytes(head[_PNG_HEIGHT], 'big')
    return jpeg_size(data)


def is_deep_png(data: NDArray[np.uint8]) -> bool:
    """Return whether (n,) bytes are a PNG of 16 bits a channel."""
    head = data[:32].tobytes()
    return head.startswith(_PNG_START) and len(head) > _PNG_DEPTH and head[_PNG_DEPTH] == 16
