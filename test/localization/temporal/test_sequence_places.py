# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from worlds import world

from avpr_ros.gallery.keyframes import Keyframes
from avpr_ros.localization.temporal.sequence_places import (
    SequencePlaces,
    ViewStatistics,
    driving_order,
)
from avpr_ros.localization.temporal.view_likelihood import view_change


def test_views_are_compared_as_if_all_similarities_were_there():
    gallery, _ = world(40, 16)
    views = ViewStatistics.from_descriptors(gallery, np.repeat([0, 1], 20))
    similarity = gallery @ gallery.T
    mean = (similarity.sum(axis=0) - 1) / 39
    rows = similarity - mean
    expected = np.array([view_change(a, b) for a, b in pairwise(rows)])
    inside = np.arange(39) != 19
    np.testing.assert_allclose(views.change[:-1][inside], expected[inside], atol=1e-5)
    assert views.change[19] == views.change[39] == 1.0
    assert views.novelty == pytest.approx(np.median(expected[inside]), abs=1e-5)
    np.testing.assert_allclose(views.column_mean, mean - mean.mean(), atol=1e-6)


@pytest.mark.parametrize('size', [1, 2])
def test_tiny_and_uniform_maps_give_finite_numbers(size):
    for rows in (world(size)[0], np.tile(world(1)[0], (size, 1)), np.zeros((size, 4))):
        views = ViewStatistics.from_descriptors(rows, np.zeros(size, np.int64))
        assert np.isfinite(views.change).all()
        assert np.isfinite(views.column_mean).all()
        assert views.novelty > 0


def test_chains_are_cameras_of_sessions_in_the_order_of_stamps():
    keyframes = Keyframes(
        ids=np.arange(7),
        stamps_ns=np.array([5, 5, 3, 4, 9, 8, 1]),
        sessions=np.array([1, 1, 1, 1, 0, 0, 1], np.int32),
        cameras=np.array([0, 1, 0, 1, 0, 0, 0], np.int32),
        poses=np.zeros((7, 7)),
    )
    order, chain = driving_order(keyframes)
    assert order.tolist() == [5, 4, 6, 2, 0, 3, 1]
    assert chain.tolist() == [0, 0, 1, 1, 1, 2, 2]


def test_near_is_symmetric_and_holds_each_with_itself():
    views = ViewStatistics.from_descriptors(world(4)[0], np.zeros(4, np.int64))
    near = SequencePlaces.from_pairs(views, np.array([[0, 1], [1, 3]])).near.toarray()
    expected = np.eye(4)
    for i, j in ((0, 1), (1, 3)):
        expected[i, j] = expected[j, i] = 1
    np.testing.assert_array_equal(near, expected)
    assert SequencePlaces.from_pairs(views, np.zeros((0, 2), np.int64)).near.nnz == 4
