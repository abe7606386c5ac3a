# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np

from avpr_ros.gallery.index.faiss_index import GalleryIndex, padded_dim


def test_search_is_exact_over_the_stored_rows(tmp_path):
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(300, 48)).astype(np.float32)
    rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float16)
    queries = rows[[5, 77]].astype(np.float32) + rng.normal(scale=0.05, size=(2, 48))
    GalleryIndex.build(rows).save(tmp_path / 'index.faiss')
    similarities, found = GalleryIndex.load(tmp_path / 'index.faiss').search(queries, 10)
    expected = queries @ rows.astype(np.float64).T
    order = np.argsort(-expected, axis=1)[:, :10]
    np.testing.assert_array_equal(found, order)
    np.testing.assert_allclose(similarities, np.take_along_axis(expected, order, 1), atol=1e-5)


def test_no_more_rows_come_back_than_there_are():
    similarities, rows = GalleryIndex.build(np.eye(3, dtype=np.float16)).search(np.eye(3), 10)
    assert similarities.shape == rows.shape == (3, 3)
    assert (rows >= 0).all()


def test_rows_of_an_awkward_length_are_filled_up_and_found_all_the_same(tmp_path):
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(50, 37)).astype(np.float16)
    GalleryIndex.build(rows).save(tmp_path / 'index.faiss')
    index = GalleryIndex.load(tmp_path / 'index.faiss')
    assert index.dim == padded_dim(37) == 48
    queries = rows[:7].astype(np.float32)
    similarities, found = index.search(queries, 3)
    expected = queries @ rows.astype(np.float32).T
    np.testing.assert_array_equal(found, np.argsort(-expected, axis=1)[:, :3])
    np.testing.assert_allclose(similarities, -np.sort(-expected, axis=1)[:, :3], rtol=1e-5)
    np.testing.assert_array_equal(index.read(np.array([9, 3]), 37), rows[[9, 3]])
    growing = GalleryIndex.growing(37)
    growing.add(rows)
    np.testing.assert_array_equal(growing.search(queries, 3)[1], found)
