# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from avpr_ros.training import bank
from avpr_ros.training.bank import build_bank
from avpr_ros.training.places import Places


def places_of(labels: list[int]) -> Places:
    count = max(labels) + 1
    return Places(
        np.array(labels, dtype=np.int64), np.arange(count + 1), np.arange(count), 1.0, 1.0
    )


def unit_rows(count: int, dim: int) -> np.ndarray:
    rows = np.random.default_rng(0).normal(size=(count, dim))
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_a_centroid_is_the_mean_of_its_place():
    rows = np.array([[1.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
    made = build_bank(rows, places_of([1, 0, 1]))
    assert np.allclose(made.centroids, [[0.0, 1.0], [0.5, -0.5]])
    assert made.counts.tolist() == [1, 2]


@pytest.mark.parametrize('chunk', [1, 3, 4096])
def test_a_half_precision_file_read_in_chunks_gives_the_float64_means(
    tmp_path, monkeypatch, chunk
):
    monkeypatch.setattr(bank, '_CHUNK_ROWS', chunk)
    rows = unit_rows(40, 16)
    labels = np.random.default_rng(1).permutation(np.arange(40) // 4).tolist()
    np.save(tmp_path / 'rows.npy', rows.astype(np.float16))
    stored = np.load(tmp_path / 'rows.npy', mmap_mode='r')
    made = build_bank(stored, places_of(labels))
    expected = [rows[np.array(labels) == place].mean(axis=0) for place in range(10)]
    assert np.allclose(made.centroids, expected, atol=3e-4)


def test_the_order_of_rows_does_not_matter():
    rows, labels = unit_rows(30, 8), np.arange(30) % 5
    order = np.random.default_rng(2).permutation(30)
    one = build_bank(rows, places_of(labels.tolist()))
    other = build_bank(rows[order], places_of(labels[order].tolist()))
    assert np.allclose(one.centroids, other.centroids, atol=1e-6)
