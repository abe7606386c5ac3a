# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The same picture in every kind of image message."""

from __future__ import annotations

import array

import cv2
import numpy as np
from sensor_msgs.msg import CompressedImage, Image

from avpr_ros.arrays import RgbImage

ENCODINGS = ('mono8', 'rgb8', 'bgr8', 'bayer_rggb8', 'bayer_gbrg8', 'yuv422', 'yuv422_yuy2')


def raw(picture: RgbImage, encoding: str = 'rgb8') -> Image:
    pixels = _encode(picture, encoding)
    message = Image(height=picture.shape[0], width=picture.shape[1], encoding=encoding)
    message.step = int(pixels.shape[1] * (pixels.shape[2] if pixels.ndim == 3 else 1))
    message.data = array.array('B', pixels.tobytes())
    return message


def compressed(picture: RgbImage, kind: str = 'jpeg') -> CompressedImage:
    done, data = cv2.imencode('.jpg' if kind == 'jpeg' else '.png', picture[..., ::-1])
    assert done
    return CompressedImage(format=kind, data=array.array('B', data.tobytes()))


def _encode(picture: RgbImage, encoding: str) -> np.ndarray:
    if encoding == 'mono8':
        return cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    if encoding == 'rgb8':
        return picture
    if encoding == 'bgr8':
        return np.ascontiguousarray(picture[..., ::-1])
    if encoding.startswith('bayer'):
        mosaic = np.empty(picture.shape[:2], np.uint8)
        for number, colour in enumerate(encoding[6:10]):
            row, column = divmod(number, 2)
            mosaic[row::2, column::2] = picture[row::2, column::2, 'rgb'.index(colour)]
        return mosaic
    return _yuv422(picture, luma_first=encoding == 'yuv422_yuy2')


def _yuv422(picture: RgbImage, luma_first: bool) -> np.ndarray:
    """Interleave ITU-R BT.601 video-range luma and halved chroma."""
    red, green, blue = np.moveaxis(picture.astype(np.float64), -1, 0)
    luma = 16 + 0.257 * red + 0.504 * green + 0.098 * blue
    u = 128 - 0.148 * red - 0.291 * green + 0.439 * blue
    v = 128 + 0.439 * red - 0.368 * green - 0.071 * blue
    chroma = np.where(np.arange(picture.shape[1]) % 2 == 0, u, np.roll(v, 1, axis=1))
    pair = (luma, chroma) if luma_first else (chroma, luma)
    return np.stack(pair, axis=-1).round().astype(np.uint8)
