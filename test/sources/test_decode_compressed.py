# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The decoder of compressed images: JPEG and PNG, whole, cut short and damaged."""

from __future__ import annotations

from array import array
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest
from small_bags import compressed_image, picture

from avpr_ros.errors import ImageDecodeError
from avpr_ros.sources.images.decode import decode_compressed

RNG = np.random.default_rng(7)


def photo() -> np.ndarray:
    noise = RNG.integers(0, 256, (120, 160, 3), dtype=np.uint8)
    return cv2.GaussianBlur(noise, (0, 0), 3)


def encoded(suffix: str, bgr: np.ndarray, *settings: int) -> bytes:
    return bytes(cv2.imencode(suffix, bgr, settings)[1].tobytes())


def compressed(data: bytes, kind: str = 'jpeg') -> Any:
    return SimpleNamespace(format=kind, data=array('B', data))


def test_png_is_decoded_to_the_bit() -> None:
    bgr = photo()

    np.testing.assert_array_equal(
        decode_compressed(compressed(encoded('.png', bgr), 'png')), bgr[:, :, ::-1]
    )


def test_jpeg_is_decoded_to_rgb() -> None:
    bgr = photo()
    decoded = decode_compressed(compressed(encoded('.jpg', bgr, cv2.IMWRITE_JPEG_QUALITY, 95)))

    assert np.abs(decoded.astype(int) - bgr[:, :, ::-1]).mean() < 3


def test_grey_alpha_and_deep_pictures_become_rgb() -> None:
    grey = photo()[:, :, 0]
    deep = grey.astype(np.uint16) * 257
    alpha = np.dstack([grey, grey, grey, np.full_like(grey, 7)])
    for shades in (grey, deep, alpha):
        decoded = decode_compressed(compressed(encoded('.png', shades)))

        np.testing.assert_array_equal(decoded, np.dstack([grey, grey, grey]))


@pytest.mark.parametrize('suffix', ['.jpg', '.png'])
@pytest.mark.parametrize('share', [0.0, 0.05, 0.5, 0.9, 0.9999])
def test_pictures_cut_short_are_refused(suffix: str, share: float) -> None:
    data = encoded(suffix, photo())

    with pytest.raises(ImageDecodeError, match=r'cut short|empty|damaged') as caught:
        decode_compressed(compressed(data[: int(share * len(data))]))
    assert '\n' not in str(caught.value)


def test_garbage_is_refused() -> None:
    for data in (b'hello', bytes(1000), b'\xff\xd8' + RNG.bytes(500) + b'\xff\xd9'):
        with pytest.raises(ImageDecodeError, match='damaged'):
            decode_compressed(compressed(data))


def test_rclpy_messages_decode_alike() -> None:
    """The node's objects hold array.array where rosbags has numpy."""
    message = compressed_image(0, picture(3), 'png')
    expected = decode_compressed(message)
    message.data = array('B', message.data.tobytes())

    np.testing.assert_array_equal(decode_compressed(message), expected)
