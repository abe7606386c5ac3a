# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np

from avpr_ros.gallery.index import GalleryIndex


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
