# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import cv2
import numpy as np
import pytest

from avpr_ros.errors import ImageDecodeError
from avpr_ros.sources.images.decode import decode_encoded
from avpr_ros.sources.images.jpeg_scale import jpeg_size


def _picture(width: int = 640, height: int = 480) -> np.ndarray:
    across, down = np.meshgrid(np.linspace(0, 255, width), np.linspace(0, 255, height))
    return np.stack([across, down, 255 - across], axis=2).astype(np.uint8)


def _encoded(suffix: str = '.jpg', **size: int) -> np.ndarray:
    return cv2.imencode(suffix, _picture(**size))[1]


@pytest.mark.parametrize(
    ('side_px', 'shape'),
    [
        (None, (480, 640)),
        (480, (480, 640)),
        (241, (480, 640)),
        (240, (240, 320)),
        (192, (240, 320)),
        (120, (120, 160)),
        (60, (60, 80)),
        (1, (60, 80)),
    ],
)
def test_a_jpeg_is_shrunk_as_far_as_both_sides_allow(side_px, shape):
    assert decode_encoded(_encoded(), 'jpeg', side_px).shape == (*shape, 3)


def test_the_shrunk_image_shows_the_same():
    small = decode_encoded(_encoded(), 'jpeg', 240).astype(float)
    whole = decode_encoded(_encoded(), 'jpeg')
    area = cv2.resize(whole, (320, 240), interpolation=cv2.INTER_AREA).astype(float)
    assert np.abs(small - area).mean() < 1.5


def test_a_png_is_decoded_whole():
    assert decode_encoded(_encoded('.png'), 'png', 60).shape == (480, 640, 3)


def test_a_shrunk_jpeg_cut_short_is_refused():
    with pytest.raises(ImageDecodeError, match='cut short'):
        decode_encoded(_encoded()[:-400], 'jpeg', 60)


def test_the_size_stands_in_the_frame_header():
    data = _encoded(width=321, height=123)
    assert jpeg_size(data) == (321, 123)
    progressive = cv2.imencode('.jpg', _picture(), [cv2.IMWRITE_JPEG_PROGRESSIVE, 1])[1]
    assert jpeg_size(progressive) == (640, 480)
    comment = np.array([0xFF, 0xFF, 0xFE, 0, 4, 1, 2], np.uint8)  # a fill byte, then a comment
    assert jpeg_size(np.concatenate([data[:2], comment, data[2:]])) == (321, 123)


@pytest.mark.parametrize('length', [0, 1, 2, 3, 10, 30])
def test_jpeg_size_without_frame_header_is_none(length):
    assert jpeg_size(_encoded()[:length]) is None
    assert jpeg_size(np.full(length, 0xFF, np.uint8)) is None
