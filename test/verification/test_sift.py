# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from avpr_ros.verification.nearest_neighbours import squared_distances
from avpr_ros.verification.sift import MAX_FEATURES, extract_features


def noise(height: int, width: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    small = rng.integers(0, 255, (height // 8 + 1, width // 8 + 1, 3), dtype=np.uint8)
    return np.kron(small, np.ones((8, 8, 1), np.uint8))[:height, :width]


def test_a_structured_image_has_features_inside_it():
    features = extract_features(noise(240, 320))
    assert 50 < len(features) <= MAX_FEATURES
    assert features.descriptors.shape == (len(features), 128)
    assert (features.points_px >= -0.5).all()
    assert (features.points_px <= [319.5, 239.5]).all()


def test_points_are_in_pixels_of_the_whole_image_whatever_the_working_size():
    image = noise(240, 320)
    large = np.kron(image, np.ones((4, 4, 1), np.uint8))
    small, big = extract_features(image), extract_features(large)
    nearest = squared_distances(small.descriptors, big.descriptors)
    rows = np.flatnonzero(nearest.min(axis=1) < 60**2)
    assert len(rows) > 20
    expected = (small.points_px[rows] + 0.5) * 4 - 0.5
    error = np.linalg.norm(big.points_px[nearest[rows].argmin(axis=1)] - expected, axis=1)
    assert np.median(error) < 4


@pytest.mark.parametrize('shape', [(1, 1), (2, 300), (64, 64)])
def test_blank_and_tiny_images_have_none(shape):
    features = extract_features(np.full((*shape, 3), 90, np.uint8))
    assert len(features) == 0
    assert features.descriptors.shape == (0, 128)


def test_distances_are_exact():
    rng = np.random.default_rng(1)
    a, b = (rng.integers(0, 255, (n, 128), dtype=np.uint8) for n in (5, 7))
    expected = ((a[:, None].astype(int) - b[None].astype(int)) ** 2).sum(axis=2)
    np.testing.assert_array_equal(squared_distances(a, b), expected)
