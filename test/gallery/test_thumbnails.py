# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import hashlib

import numpy as np
import pytest

from avpr_ros.gallery.thumbnails import Thumbnails, ThumbnailWriter


@pytest.mark.parametrize(
    ('shape', 'expected'),
    [((480, 640), (320, 427)), ((640, 480), (427, 320)), ((100, 50), (100, 50))],
)
def test_the_shorter_side_is_limited_and_nothing_is_enlarged(tmp_path, shape, expected):
    writer = ThumbnailWriter(tmp_path, 320, 90)
    image = np.zeros((*shape, 3), np.uint8)
    image[..., 0] = 200
    writer.write(4, image)
    writer.close()
    read = Thumbnails(tmp_path).read(4)
    assert read.shape == (*expected, 3)
    assert read[5, 5, 0] > 180
    assert read[5, 5, 2] < 20
    assert Thumbnails(tmp_path).read(5) is None


def test_the_sums_are_those_of_sha256sum(tmp_path):
    writer = ThumbnailWriter(tmp_path, 16, 90)
    writer.write(0, np.zeros((8, 8, 3), np.uint8))
    writer.close()
    data = (tmp_path / 'thumbnails' / '000000.jpg').read_bytes()
    expected = f'{hashlib.sha256(data).hexdigest()}  000000.jpg\n'
    assert (tmp_path / 'thumbnails' / 'SHA256SUMS').read_text() == expected
