# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The one image decoder, for messages as rosbags and as rclpy hand them over.

Raw images are coloured by ``cv_bridge``; where it does not import or does not work, or its build
does not know an encoding, ``rosbags-image`` takes its place. What the two treat differently (row
padding, byte order, depth) is settled here first, so that both give the same pixels.
"""

from __future__ import annotations

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
from avpr_ros.sources.images.encodings import why_no_picture
from avpr_ros.sources.images.image_size import MAX_FILE_BYTES, too_large
from avpr_ros.sources.images.incomplete_jpeg import (
    MAX_MISSING,
    missing_share,
    warn_of_missing_end,
    with_end,
)
from avpr_ros.sources.images.jpeg_scale import reading_flag
from avpr_ros.sources.images.pixel_range import PixelRange, to_8_bit
from avpr_ros.sources.images.raw_image import PlainImage, as_bytes, plain_image
from avpr_ros.sources.images.whole_file import NO_END, find_damage, scan_count
from avpr_ros.storage.reading import read_regular

#: NV12 and NV21 differ in the order of the colours.
_PLANAR_CODES = {'nv12': cv2.COLOR_YUV2RGB_NV12, 'nv21': cv2.COLOR_YUV2RGB_NV21}


def decode_image(message: ImageMessage, pixel_range: PixelRange | None = None) -> RgbImage:
    """Decode ``sensor_msgs/Image`` to (H, W, 3) uint8 RGB.

    Encodings, in any case: mono, rgb, bgr, rgba and bgra (alpha is dropped) and Bayer patterns
    (bilinear) of 8 and 16 bits, yuv422 or uyvy, yuv422_yuy2 or yuyv, nv12, nv21 (ITU-R BT.601),
    OpenCV's 8UC1 as mono8, 8UC3, 8UC4, 16UC3 and 16UC4 as bgr and bgra.

    Args:
        message: rosbags' or rclpy's object; ``step`` and ``is_bigendian`` are honoured.
        pixel_range: values of 16-bit images that become 0 and 255; None: 0 and 65535.

    Raises:
        ImageDecodeError: no pixels, an encoding not listed above, or too little data.
    """
    image = plain_image(message, pixel_range)
    try:
        rgb = _colour(image)
    except cv2.error as error:
        raise ImageDecodeError(
            f'A {image.width}x{image.height} image of encoding {image.encoding!r:.60} cannot be '
            f'converted to RGB ({error.err}): check the size its driver reports.'
        ) from error
    return np.ascontiguousarray(rgb)


def decode_compressed(
    message: CompressedImageMessage,
    least_side_px: int | None = None,
    pixel_range: PixelRange | None = None,
) -> RgbImage:
    """Decode ``sensor_msgs/CompressedImage`` (JPEG, PNG) to (H, W, 3) uint8 RGB.

    Both libraries use OpenCV for this, so it is called directly. Pixels are as the sensor gave
    them, as the camera model is: orientation tags are not applied. Alpha is dropped.

    Args:
        message: rosbags' or rclpy's object.
        least_side_px: as for ``decode_encoded``.
        pixel_range: as for ``decode_image``.

    Raises:
        ImageDecodeError: no data, a file cut short, or data that no codec accepts.
    """
    data, what = as_bytes(message.data), str(message.format)
    if refusal := why_no_picture(what, data[:8].tobytes()):
        raise ImageDecodeError(refusal)
    return decode_encoded(data, what, least_side_px, pixel_range, oriented=False)


def decode_encoded(
    data: NDArray[np.uint8],
    what: str,
    least_side_px: int | None = None,
    pixel_range: PixelRange | None = None,
    *,
    oriented: bool = True,
) -> RgbImage:
    """Decode the bytes of a JPEG or PNG file to (H, W, 3) uint8 RGB.

    A JPEG that lacks no more than its end is decoded, with a warning in the log.

    Args:
        data: (n,) uint8, the whole file.
        what: a name for the error text: the message's format or a file name.
        least_side_px: where this many pixels of width and of height are enough, a JPEG is decoded
            at a half, a quarter or an eighth of its size, which costs a fraction of the time;
            None for its own size.
        pixel_range: as for ``decode_image``.
        oriented: whether the EXIF orientation tag is applied.

    Raises:
        ImageDecodeError: no data, a file cut short, neither JPEG nor PNG, more than
            ``MAX_PIXELS``, or data that no codec accepts.
    """
    if data.size == 0:
        raise ImageDecodeError(f'A compressed image ({what:.300}) is empty: it has 0 bytes.')
    content = data.tobytes()
    damage = find_damage(content)
    bgr = None
    if damage in (None, NO_END):
        damage = too_large(data, scan_count(content)) or damage
    if damage == NO_END:
        bgr = _without_end(data, oriented)
    elif damage is None:
        whole = cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH
        flag = whole if least_side_px is None else reading_flag(data, least_side_px)
        bgr = _imdecode(data, flag, oriented)
        damage = 'is damaged or neither JPEG nor PNG'
    if bgr is None:
        raise ImageDecodeError(f'A compressed image ({what:.300}) of {data.size} bytes {damage}.')
    return cv2.cvtColor(to_8_bit(bgr, pixel_range), cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False)


def _without_end(data: NDArray[np.uint8], oriented: bool) -> NDArray[Any] | None:
    """Decode a JPEG whose last bytes are missing; None where more of it is missing."""
    bgr = _imdecode(with_end(data), cv2.IMREAD_COLOR, oriented)
    if bgr is None or missing_share(bgr) > MAX_MISSING:
        return None
    warn_of_missing_end()
    return bgr


def _imdecode(data: NDArray[np.uint8], flag: int, oriented: bool) -> NDArray[Any] | None:
    """Return (H, W, 3) uint8 or uint16 BGR; None where OpenCV cannot decode it."""
    try:
        bgr = cv2.imdecode(data, flag if oriented else flag | cv2.IMREAD_IGNORE_ORIENTATION)
    except cv2.error:
        return None
    return bgr if bgr is not None and bgr.dtype in (np.uint8, np.uint16) else None


def decode_file(path: Path, pixel_range: PixelRange | None = None) -> RgbImage:
    """Decode a JPEG or PNG file to (H, W, 3) uint8 RGB, turned by its orientation tag.

    Raises:
        ImageDecodeError: it cannot be read, or as ``decode_encoded``.
    """
    try:
        data = np.frombuffer(read_regular(path, MAX_FILE_BYTES), dtype=np.uint8)
    except (OSError, ValueError) as error:
        raise ImageDecodeError(f'Image {path} cannot be read: {error}.') from error
    return decode_encoded(data, str(path), pixel_range=pixel_range)


def decoder_backend() -> str:
    """Return the installed converter of raw images: ``cv_bridge`` or ``rosbags-image``."""
    return 'rosbags-image' if _cv_bridge() is None else 'cv_bridge'


def _colour(image: PlainImage) -> NDArray[Any]:
    """Convert with the installed library; OpenCV alone converts planar layouts."""
    if (code := _PLANAR_CODES.get(image.encoding)) is not None:
        return np.asarray(cv2.cvtColor(image.data.reshape(-1, image.width), code))
    bridge = _cv_bridge()
    if bridge is not None and (rgb := _with_cv_bridge(bridge, image)) is not None:
        return rgb
    return _with_rosbags_image(image)


def _with_cv_bridge(bridge: Any, image: PlainImage) -> NDArray[Any] | None:
    """Convert to RGB, or return None where this build does not know the encoding."""
    try:
        rgb: NDArray[Any] = bridge.imgmsg_to_cv2(image, 'rgb8')
    except (KeyError, TypeError):  # a missing table entry, or CvBridgeError, which is a TypeError
        return None
    return rgb


def _with_rosbags_image(image: PlainImage) -> NDArray[Any]:
    """Convert to RGB."""
    try:
        from rosbags.image import message_to_cvimage
    except ImportError as error:
        raise ImageDecodeError(
            f'cv_bridge cannot decode encoding {image.encoding!r:.60} here and rosbags-image is '
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
    trial = PlainImage(1, 1, 'bgr8', int(sys.byteorder == 'big'), 3, np.arange(3, dtype=np.uint8))
    try:
        from cv_bridge import CvBridge

        bridge = CvBridge()
        works = np.array_equal(bridge.imgmsg_to_cv2(trial, 'rgb8'), [[[2, 1, 0]]])
    except Exception:
        return None
    return bridge if works else None
