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


def message_size_px(message: Any) -> tuple[int, int] | None:
    """Return width and height of a ``sensor_msgs`` Image or CompressedImage; None: unknown."""
    if hasattr(message, 'width'):
        size = int(message.width), int(message.height)
        return size if min(size) > 0 else None
    return encoded_size_px(np.frombuffer(message.data, dtype=np.uint8))


def encoded_size_px(data: NDArray[np.uint8]) -> tuple[int, int] | None:
    """Return width and height of a JPEG or PNG file, (n,) uint8; None where it is neither."""
    head = data[:32].tobytes()
    if head.startswith(_PNG_START) and len(head) > _PNG_DEPTH:
        return int.from_bytes(head[_PNG_WIDTH], 'big'), int.from_bytes(head[_PNG_HEIGHT], 'big')
    return jpeg_size(data)


def is_deep_png(data: NDArray[np.uint8]) -> bool:
    """Return whether (n,) bytes are a PNG of 16 bits a channel."""
    head = data[:32].tobytes()
    return head.startswith(_PNG_START) and len(head) > _PNG_DEPTH and head[_PNG_DEPTH] == 16
