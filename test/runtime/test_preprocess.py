# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from avpr_ros.runtime.preprocess import squash


@pytest.mark.parametrize('shape', [(480, 640), (32, 64), (16, 16), (500, 7), (1, 1)])
def test_the_result_is_a_square(shape):
    image = np.full((*shape, 3), 77, np.uint8)
    small = squash(image, 16)
    assert small.shape == (16, 16, 3)
    assert small.flags['C_CONTIGUOUS']
    assert (small == 77).all()


def test_shrinking_averages_areas_and_does_not_alias():
    stripes = np.zeros((64, 64, 3), np.uint8)
    stripes[:, ::2] = 200
    assert (squash(stripes, 16) == 100).all()


def test_resize_of_wide_image_averages_along_width():
    stripes = np.zeros((4, 64, 3), np.uint8)
    stripes[:, ::2] = 200
    assert (squash(stripes, 16) == 100).all()


def test_channels_and_orientation_stay():
    image = np.zeros((8, 8, 3), np.uint8)
    image[:4, :4, 0] = 255
    small = squash(image, 4)
    assert small[0, 0].tolist() == [255, 0, 0]
    assert small[3, 3].tolist() == [0, 0, 0]
