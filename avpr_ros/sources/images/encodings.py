# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Encodings of images: which are read, under which names, and why others are not."""

from __future__ import annotations

import re

#: Bytes of a pixel of the layouts that are read (sensor_msgs/image_encodings.hpp).
PIXEL_BYTES = {
    'mono8': 1,
    'rgb8': 3,
    'bgr8': 3,
    'rgba8': 4,
    'bgra8': 4,
    'mono16': 2,
    'rgb16': 6,
    'bgr16': 6,
    'rgba16': 8,
    'bgra16': 8,
    'bayer_rggb8': 1,
    'bayer_bggr8': 1,
    'bayer_gbrg8': 1,
    'bayer_grbg8': 1,
    'bayer_rggb16': 2,
    'bayer_bggr16': 2,
    'bayer_gbrg16': 2,
    'bayer_grbg16': 2,
    'yuv422': 2,
    'yuv422_yuy2': 2,
    'nv12': 1,
    'nv21': 1,
}
#: Other names of the same layouts; OpenCV's own type names have its channel order, BGR.
SAME_LAYOUT = {
    'uyvy': 'yuv422',
    'yuyv': 'yuv422_yuy2',
    'yuy2': 'yuv422_yuy2',
    '8uc1': 'mono8',
    '8uc3': 'bgr8',
    '8uc4': 'bgra8',
    '16uc3': 'bgr16',
    '16uc4': 'bgra16',
}
#: Layouts of a plane of brightness and, at half its rows, one of colour.
PLANAR = {'nv12', 'nv21'}
#: OpenCV's names of types that hold numbers instead of colours.
_NUMBERS = re.compile(r'(8|16|32)s(c\d*)?|(16|32)u(c1)?|(32|64)f(c\d*)?')
#: Names in ``CompressedImage.format`` of video codecs: a packet needs the packets before it.
_VIDEO = ('h264', 'h.264', 'avc', 'h265', 'h.265', 'hevc', 'av1', 'vp8', 'vp9', 'theora')
#: Names of formats of single pictures that OpenCV's wheels do not read.
_UNREAD = ('avif', 'heic', 'heif', 'qoi', 'jxl')
#: First bytes of formats whose size is not read from the header, so that they are not decoded.
_OTHER_STARTS = {b'RIFF': 'webp', b'II*\0': 'tiff', b'MM\0*': 'tiff', b'BM': 'bmp', b'GIF8': 'gif'}
_ANNEX_B_STARTS = (b'\x00\x00\x00\x01', b'\x00\x00\x01')


def layout_of(encoding: str) -> str:
    """Return the layout's name of an encoding, whatever its case; unknown ones as they are."""
    name = encoding.strip().lower()
    return SAME_LAYOUT.get(name, name)


def why_unsupported(encoding: str) -> str:
    """Return one sentence on an encoding that is not read."""
    if _NUMBERS.fullmatch(encoding.strip().lower()):
        text = (
            f'Image encoding {encoding!r:.60} is of depth or measurements, not of a picture: '
            'choose the topic of the colour or grey images'
        )
        if encoding.strip().lower().startswith('16u'):
            text += "; a thermal or grey camera's driver should call its encoding mono16"
        return text + '.'
    known = ', '.join([*PIXEL_BYTES, *SAME_LAYOUT])
    return f'Image encoding {encoding!r:.60} is not supported: use one of {known}.'


def why_no_picture(message_format: str, head: bytes) -> str | None:
    """Return why a compressed image is no single picture, in one sentence; None where it may be.

    Args:
        message_format: of the ``CompressedImage``, or a file's name.
        head: the first bytes of its data.
    """
    told = message_format.lower()
    codec = next((name for name in _VIDEO if re.search(rf'\b{re.escape(name)}\b', told)), None)
    if codec is not None or head.startswith(_ANNEX_B_STARTS):
        return (
            f'A compressed image ({message_format:.300}) is a packet of {codec or "h264"} video, '
            'which cannot be decoded by itself: record raw, JPEG or PNG images, or convert the '
            'bag.'
        )
    unread = next((name for name in _UNREAD if re.search(rf'\b{name}\b', told)), None)
    if unread is None:
        unread = next(
            (kind for start, kind in _OTHER_STARTS.items() if head.startswith(start)), None
        )
    if unread is not None:
        return (
            f'A compressed image ({message_format:.300}) is of the format {unread}, which is not '
            'read: record JPEG or PNG images, or convert the bag.'
        )
    encoding, _, rest = told.partition(';')
    if 'compresseddepth' in told or (rest and _NUMBERS.fullmatch(encoding.strip())):
        return (
            f'A compressed image ({message_format:.300}) is of depth or measurements, not of a '
            'picture: choose the topic of the colour or grey images.'
        )
    return None
