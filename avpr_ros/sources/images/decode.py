# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The one image decoder, for messages as rosbags and as rclpy hand them over.

Raw images are coloured by ``cv_bridge``; where it does not import or does not work, or its build
does not know an encoding, ``rosbags-image`` takes its place. What the two treat differently (row
padding, byte order, depth) is settled here first, so that both give the same pixels.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
import sys
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import RgbImage
from avpr_ros.errors import ImageDecodeError
from avpr_ros.sources.bags.image_messages import CompressedImageMessage, ImageMessage
from avpr_ros.sources.images.jpeg_scale import reading_flag
from avpr_ros.sources.images.whole_file import find_damage

#: Bytes of a pixel, by encoding (sensor_msgs/image_encodings.hpp).
_PIXEL_BYTES = {
    'mono8': 1,
    'rgb8': 3,
    'bgr8': 3,
    'rgba8': 4,
    'bgra8': 4,
    'mono16': 2,
    'bayer_rggb8': 1,
    'bayer_bggr8': 1,
    'bayer_gbrg8': 1,
    'bayer_grbg8': 1,
    'yuv422': 2,
    'yuv422_yuy2': 2,
}
#: Other names of the same layouts; OpenCV's own type names have its channel order, BGR.
_SAME_LAYOUT = {'uyvy': 'yuv422', 'yuyv': 'yuv422_yuy2', '8UC1': 'mono8', '8UC3': 'bgr8'}


@dataclass(frozen=True)
class _PlainImage:
    """An image message without padding, 8 bits a channel: what both libraries read alike."""

    height: int
    width: int
    encoding: str
    is_bigendian: int
    step: int
    data: NDArray[np.uint8]


def decode_image(message: ImageMessage) -> RgbImage:
    """Decode ``sensor_msgs/Image`` to (H, W, 3) uint8 RGB.

    Encodings: mono8, rgb8, bgr8, rgba8, bgra8 (alpha is dropped), mono16, bayer_rggb8, bggr8,
    gbrg8, grbg8 (bilinear), yuv422 or uyvy, yuv422_yuy2 or yuyv (ITU-R BT.601), 8UC1 as mono8,
    8UC3 as bgr8. mono16 keeps its full range: 65535 becomes 255, ``round(value / 257)``.

    Args:
        message: rosbags' or rclpy's object; ``step`` and ``is_bigendian`` are honoured.

    Raises:
        ImageDecodeError: no pixels, an encoding not listed above, or too little data.
    """
    image = _plain(message)
    try:
        rgb = _colour(image)
    except cv2.error as error:
        raise ImageDecodeError(
            f'A {image.width}x{image.height} image of encoding {image.encoding!r} cannot be '
            f'converted to RGB ({error.err}): check the size its driver reports.'
        ) from error
    return np.ascontiguousarray(rgb)


def decode_compressed(
    message: CompressedImageMessage, least_side_px: int | None = None
) -> RgbImage:
    """Decode ``sensor_msgs/CompressedImage`` (JPEG, PNG) to (H, W, 3) uint8 RGB.

    Both libraries use OpenCV for this, so it is called directly. Orientation tags are applied,
    alpha is dropped, 16 bits become 8 as for mono16.

    Args:
        message: rosbags' or rclpy's object.
        least_side_px: as for ``decode_encoded``.

    Raises:
        ImageDecodeError: no data, a file cut short, or data that no codec accepts.
    """
    return decode_encoded(_as_bytes(message.data), str(message.format), least_side_px)


def decode_encoded(
    data: NDArray[np.uint8], what: str, least_side_px: int | None = None
) -> RgbImage:
    """Decode the bytes of a JPEG or PNG file to (H, W, 3) uint8 RGB.

    Args:
        data: (n,) uint8, the whole file.
        what: a name for the error text: the message's format or a file name.
        least_side_px: where this many pixels of width and of height are enough, a JPEG is decoded
            at a half, a quarter or an eighth of its size, which costs a fraction of the time;
            None for its own size.

    Raises:
        ImageDecodeError: no data, a file cut short, or data that no codec accepts.
    """
    if data.size == 0:
        raise ImageDecodeError(f'A compressed image ({what}) is empty: it has 0 bytes.')
    if damage := find_damage(data.tobytes()):
        raise ImageDecodeError(f'A compressed image ({what}) of {data.size} bytes {damage}.')
    flag = cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH
    if least_side_px is not None:
        flag = reading_flag(data, least_side_px)
    try:
        bgr = cv2.imdecode(data, flag)
    except cv2.error:
        bgr = None
    if bgr is None or bgr.dtype not in (np.uint8, np.uint16):
        raise ImageDecodeError(
            f'A compressed image ({what}) of {data.size} bytes is damaged or neither JPEG nor PNG.'
        )
    return cv2.cvtColor(_to_8_bit(bgr), cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False)


def decode_file(path: Path) -> RgbImage:
    """Decode a JPEG or PNG file to (H, W, 3) uint8 RGB.

    Raises:
        ImageDecodeError: it cannot be read, or as ``decode_encoded``.
    """
    try:
        data = np.fromfile(path, dtype=np.uint8)
    except OSError as error:
        raise ImageDecodeError(f'Image {path} cannot be read: {error}.') from error
    return decode_encoded(data, str(path))


def decoder_backend() -> str:
    """Return the installed converter of raw images: ``cv_bridge`` or ``rosbags-image``."""
    return 'rosbags-image' if _cv_bridge() is None else 'cv_bridge'


def _plain(message: ImageMessage) -> _PlainImage:
    """Check a message's size; remove padding, convert byte order and depth."""
    height, width, step = int(message.height), int(message.width), int(message.step)
    encoding = _SAME_LAYOUT.get(str(message.encoding), str(message.encoding))
    if height <= 0 or width <= 0:
        raise ImageDecodeError(f'An image has no pixels: it is {width} wide and {height} high.')
    if encoding not in _PIXEL_BYTES:
        known = ', '.join([*_PIXEL_BYTES, *_SAME_LAYOUT])
        raise ImageDecodeError(
            f'Image encoding {encoding!r} is not supported: use one of {known}.'
        )
    row_bytes = width * _PIXEL_BYTES[encoding]
    data = _as_bytes(message.data)
    needed = step * (height - 1) + row_bytes
    if step < row_bytes or data.size < needed:
        raise ImageDecodeError(
            f'A {width}x{height} image of encoding {encoding!r} is too short: it has {data.size} '
            f'bytes in rows of {step} and needs {max(needed, row_bytes * height)} in rows of at '
            f'least {row_bytes}.'
        )
    rows: NDArray[np.uint8] = np.ndarray(
        (height, row_bytes), np.uint8, buffer=data, strides=(step, 1)
    )
    if encoding == 'mono16':
        rows = _to_8_bit(np.ascontiguousarray(rows).view('>u2' if message.is_bigendian else '<u2'))
        encoding, row_bytes = 'mono8', width
    flat = np.ascontiguousarray(rows).reshape(-1)
    return _PlainImage(height, width, encoding, int(sys.byteorder == 'big'), row_bytes, flat)


def _as_bytes(data: Any) -> NDArray[np.uint8]:
    """View bytes, ``array.array('B')`` or a numpy array as (n,) uint8, without a copy."""
    return np.frombuffer(data, dtype=np.uint8) if len(data) else np.empty(0, dtype=np.uint8)


def _to_8_bit(image: NDArray[Any]) -> NDArray[np.uint8]:
    """Map 0..65535 to 0..255 linearly, rounding to nearest; 8-bit images pass."""
    if image.dtype.itemsize == 1:
        return image
    return ((image.astype(np.uint32) + 128) // 257).astype(np.uint8)


def _colour(image: _PlainImage) -> NDArray[Any]:
    """Convert with the installed library."""
    bridge = _cv_bridge()
    if bridge is not None and (rgb := _with_cv_bridge(bridge, image)) is not None:
        return rgb
    return _with_rosbags_image(image)


def _with_cv_bridge(bridge: Any, image: _PlainImage) -> NDArray[Any] | None:
    """Convert to RGB, or return None where this build does not know the encoding."""
    try:
        rgb: NDArray[Any] = bridge.imgmsg_to_cv2(image, 'rgb8')
    except (KeyError, TypeError):  # a missing table entry, or CvBridgeError, which is a TypeError
        return None
    return rgb


def _with_rosbags_image(image: _PlainImage) -> NDArray[Any]:
    """Convert to RGB."""
    try:
        from rosbags.image import message_to_cvimage
    except ImportError as error:
        raise ImageDecodeError(
            f'cv_bridge cannot decode encoding {image.encoding!r} here and rosbags-image is '
            'missing: pip install rosbags-image.'
        ) from error
    message: Any = image  # typed for rosbags' own class; any object with these fields serves
    return np.asarray(message_to_cvimage(message, 'rgb8'))


@cache
def _cv_bridge() -> Any:
    """Return a ``CvBridge`` that passed a test conversion, or None.

    A build against another NumPy may import and fail only when called, with whatever exception
    its extension module raises; hence the trial and the wide net.
    """
    trial = _PlainImage(1, 1, 'bgr8', int(sys.byteorder == 'big'), 3, np.arange(3, dtype=np.uint8))
    try:
        from cv_bridge import CvBridge

        bridge = CvBridge()
        works = np.array_equal(bridge.imgmsg_to_cv2(trial, 'rgb8'), [[[2, 1, 0]]])
    except Exception:
        return None
    return bridge if works else None
