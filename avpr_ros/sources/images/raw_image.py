# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Raw image messages without padding and with 8 bits a channel, for the libraries that convert."""

from __future__ import annotations

from dataclasses import dataclass
import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avpr_ros.errors import ImageDecodeError
from avpr_ros.sources.bags.image_messages import ImageMessage
from avpr_ros.sources.images.encodings import PIXEL_BYTES, PLANAR, layout_of, why_unsupported
from avpr_ros.sources.images.image_size import too_many_pixels
from avpr_ros.sources.images.pixel_range import PixelRange, to_8_bit

#: The low bytes of a picture are rougher than the high ones; where the high ones are rougher by
#: this factor, the byte order is the other one. Each so many rows are compared.
_ROUGHER, _ROW_STRIDE = 2.0, 8


@dataclass(frozen=True)
class PlainImage:
    """An image message without padding, 8 bits a channel: what both libraries read alike."""

    height: int
    width: int
    encoding: str
    is_bigendian: int
    step: int
    data: NDArray[np.uint8]


def plain_image(message: ImageMessage, pixel_range: PixelRange | None = None) -> PlainImage:
    """Check a message's size; remove padding, convert byte order and depth.

    Raises:
        ImageDecodeError: no pixels, an encoding that is not read, or too little data.
    """
    layout = layout_of(str(message.encoding))
    rows = _rows(message, layout)
    height, width = int(message.height), int(message.width)
    if layout.endswith('16'):
        rows = to_8_bit(_deep(rows, message), pixel_range)
        layout = f'{layout[:-2]}8'
    flat = np.ascontiguousarray(rows).reshape(-1)
    big = int(sys.byteorder == 'big')
    return PlainImage(height, width, layout, big, rows.shape[1], flat)


def deep_values(message: ImageMessage) -> NDArray[np.uint16] | None:
    """Return the (H, N) values of an image with 16 bits a channel; None where it has 8.

    Raises:
        ImageDecodeError: as ``plain_image``.
    """
    layout = layout_of(str(message.encoding))
    return _deep(_rows(message, layout), message) if layout.endswith('16') else None


def _deep(rows: NDArray[np.uint8], message: ImageMessage) -> NDArray[np.uint16]:
    """Return the values; a byte order that contradicts the picture is not believed."""
    big = bool(message.is_bigendian)
    first, second = (_roughness(rows[:, byte::2]) for byte in (0, 1))
    high, low = (first, second) if big else (second, first)
    if high > _ROUGHER * low:
        big = not big
    order = '>u2' if big else '<u2'
    return np.ascontiguousarray(rows).view(order).astype(np.uint16, copy=False)


def _roughness(plane: NDArray[np.uint8]) -> float:
    """Return the mean difference of rows that are two apart, as of one colour filter."""
    upper = plane[: max(len(plane) - 2, 0) : _ROW_STRIDE].astype(np.int16)
    lower = plane[2::_ROW_STRIDE].astype(np.int16)
    return float(np.abs(upper - lower).mean()) if upper.size else 0.0


def _rows(message: ImageMessage, layout: str) -> NDArray[np.uint8]:
    """Return the (rows, bytes) of an image without the padding of its rows."""
    height, width, step = int(message.height), int(message.width), int(message.step)
    if height <= 0 or width <= 0:
        raise ImageDecodeError(f'An image has no pixels: it is {width} wide and {height} high.')
    if layout not in PIXEL_BYTES:
        raise ImageDecodeError(why_unsupported(str(message.encoding)))
    if layout.startswith('yuv422') and width % 2:  # OpenCV 4.5.4 converts what is not there
        raise ImageDecodeError(
            f'An image of encoding {str(message.encoding)!r} cannot be converted: its pixels come '
            f'in pairs and it is {width} wide.'
        )
    row_bytes = width * PIXEL_BYTES[layout]
    rows = height * 3 // 2 if layout in PLANAR else height
    data = as_bytes(message.data)
    if step == 0 and data.size == row_bytes * rows:  # left out by its driver
        step = row_bytes
    needed = step * (rows - 1) + row_bytes
    if step < row_bytes or data.size < needed:
        raise ImageDecodeError(
            f'A {width}x{height} image of encoding {str(message.encoding)!r} is too short: it has '
            f'{data.size} bytes in rows of {step} and needs {max(needed, row_bytes * rows)} in '
            f'rows of at least {row_bytes}.'
        )
    multiple = step == row_bytes and data.size in (2 * needed, 3 * needed, 4 * needed)
    if multiple or step in (3 * row_bytes, 4 * row_bytes):
        raise ImageDecodeError(
            f'A {width}x{height} image of encoding {str(message.encoding)!r} has {data.size} '
            f'bytes in rows of {step}, a multiple of the {row_bytes * rows} that it needs: its '
            'driver must name the encoding that it sends.'
        )
    if refusal := too_many_pixels(width, height):
        raise ImageDecodeError(f'An image {refusal}.')
    return np.ndarray((rows, row_bytes), np.uint8, buffer=data, strides=(step, 1))


def as_bytes(data: Any) -> NDArray[np.uint8]:
    """View bytes, ``array.array('B')`` or a numpy array as (n,) uint8, without a copy."""
    return np.frombuffer(data, dtype=np.uint8) if len(data) else np.empty(0, dtype=np.uint8)
