# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from avpr_ros.verification.epipolar import MIN_INLIERS, epipolar_inliers, to_working_scale_px
from avpr_ros.verification.projective_geometry import sampson_distances


@pytest.fixture
def views() -> tuple[np.ndarray, np.ndarray]:
    """Forty points of one scene in two views."""
    space_m = np.random.default_rng(0).uniform([-2, -2, 4], [2, 2, 12], (40, 3))
    first = 150 * space_m[:, :2] / space_m[:, 2:] + 120
    moved_m = space_m + np.array([0.4, 0.1, -0.6])
    second = 150 * moved_m[:, :2] / moved_m[:, 2:] + 120
    return first.astype(np.float32), second.astype(np.float32)


def test_two_views_of_one_scene_agree_and_strays_do_not(views):
    first, second = views
    assert epipolar_inliers(first, second).all()
    strayed = second.copy()
    strayed[25:] = np.random.default_rng(1).uniform(0, 240, (15, 2))
    agree = epipolar_inliers(first, strayed)
    assert agree[:25].all()
    assert agree[25:].mean() < 0.35


def test_points_of_no_common_scene_hardly_agree(views):
    first, _ = views
    other = np.random.default_rng(2).uniform(0, 240, (40, 2)).astype(np.float32)
    assert epipolar_inliers(first, other).mean() < 0.4


@pytest.mark.parametrize('count', [0, 1, MIN_INLIERS - 1])
def test_few_points_say_nothing(views, count):
    assert not epipolar_inliers(views[0][:count], views[1][:count]).any()


def test_points_that_coincide_or_lie_on_a_line_raise_nothing(views):
    first, _ = views
    assert len(epipolar_inliers(first, np.full_like(first, 7.0))) == 40
    assert len(epipolar_inliers(np.zeros_like(first), np.zeros_like(first))) == 40
    line = np.stack([np.arange(40), np.arange(40)], axis=1).astype(np.float32)
    assert len(epipolar_inliers(line, line)) == 40


def test_large_pictures_are_measured_as_they_were_worked_on():
    corners = np.array([[0, 0], [960, 720]], np.float32)
    np.testing.assert_allclose(to_working_scale_px(corners), corners / 4)
    small = np.array([[0, 0], [160, 120]], np.float32)
    np.testing.assert_allclose(to_working_scale_px(small), small)
    assert to_working_scale_px(np.zeros((0, 2), np.float32)).shape == (0, 2)


@pytest.mark.parametrize('count', [8, 10, 20, 40])
def test_a_picture_of_the_very_same_spot_agrees(views, count):
    first = views[0][:count]
    assert epipolar_inliers(first, first).all()
    assert epipolar_inliers(first, first + np.float32(3.0)).all()


@pytest.mark.parametrize('scale', [1e-15, 1e-6, 1.0, 1e9])
def test_sampson_distances_do_not_depend_on_the_scale_of_the_matrix(scale: float) -> None:
    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(3, 3)) * [1e-4, 1e-4, 1e-2]
    first, second = rng.uniform(0, 240, (2, 50, 2))
    expected = sampson_distances(matrix, first, second)
    assert np.abs(expected).max() > 5
    np.testing.assert_allclose(sampson_distances(scale * matrix, first, second), expected)
