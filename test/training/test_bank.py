# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from avpr_ros.errors import TrainingError
from avpr_ros.training.memory_bank import bank
from avpr_ros.training.memory_bank.bank import build_bank
from avpr_ros.training.places import Places


def places_of(labels: list[int]) -> Places:
    count = max(labels) + 1
    return Places(
        np.array(labels, dtype=np.int64), np.arange(count + 1), np.arange(count), 1.0, 1.0
    )


def unit_rows(*shape: int) -> np.ndarray:
    rows = np.random.default_rng(0).normal(size=shape)
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


def test_a_place_is_the_mean_and_deviation_of_its_images():
    rows = np.array([[1.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
    made = build_bank(rows, places_of([1, 0, 1]))
    assert np.allclose(made.centroids, [[0.0, 1.0], [0.5, -0.5]])
    assert np.allclose(made.sigma, [[0.0, 0.0], [0.5, 0.5]])
    assert made.counts.tolist() == made.samples.tolist() == [1, 2]


@pytest.mark.parametrize('chunk', [1, 3, 7, 4096])
def test_a_half_precision_file_read_in_chunks_gives_the_float64_statistics(
    tmp_path, monkeypatch, chunk
):
    monkeypatch.setattr(bank, '_CHUNK_ROWS', chunk)
    rows = unit_rows(40, 16)
    labels = np.random.default_rng(1).permutation(np.arange(40) // 4)
    np.save(tmp_path / 'rows.npy', rows.astype(np.float16))
    stored = np.load(tmp_path / 'rows.npy', mmap_mode='r')
    made = build_bank(stored, places_of(labels.tolist()))
    of_places = [rows[labels == place] for place in range(10)]
    assert np.allclose(made.centroids, [part.mean(axis=0) for part in of_places], atol=3e-4)
    assert np.allclose(made.sigma, [part.std(axis=0) for part in of_places], atol=5e-4)
    pooled = np.mean([part.var(axis=0, ddof=1) for part in of_places], axis=0)
    assert np.allclose(made.pooled_sigma, np.sqrt(pooled), rtol=2e-3)


def test_deviations_too_small_for_a_half_precision_variance_are_kept():
    rows = np.array([[1.0, 0.001], [1.0, -0.001]])
    made = build_bank(rows, places_of([0, 0]))
    assert np.float16(1e-3**2) == pytest.approx(1e-6, rel=0.2)  # variance: a fifth off at best
    assert made.sigma[0, 1] == pytest.approx(1e-3, rel=1e-3)


def test_views_count_for_the_spread_and_not_for_the_centroid():
    rows, views = unit_rows(6, 8), unit_rows(6, 3, 8)[:, :, ::-1]
    labels = np.array([0, 1, 0, 1, 2, 2])
    made = build_bank(rows, places_of(labels.tolist()), views)
    for place in range(3):
        everything = np.concatenate([rows[labels == place], *views[labels == place]])
        assert np.allclose(made.centroids[place], rows[labels == place].mean(axis=0), atol=1e-3)
        assert np.allclose(made.sigma[place], everything.std(axis=0), atol=1e-3)
    assert made.samples.tolist() == [8, 8, 8]


def test_the_order_of_rows_does_not_matter():
    rows, labels = unit_rows(30, 8), np.arange(30) % 5
    order = np.random.default_rng(2).permutation(30)
    one = build_bank(rows, places_of(labels.tolist()))
    other = build_bank(rows[order], places_of(labels[order].tolist()))
    assert np.allclose(one.centroids, other.centroids, atol=1e-3)
    assert np.allclose(one.sigma, other.sigma, atol=1e-3)


def test_a_lonely_image_has_the_pooled_variance_and_a_full_place_mostly_its_own():
    rows = unit_rows(42, 6)
    made = build_bank(rows, places_of([0] + [1] * 40 + [2]))
    pooled = np.square(made.pooled_sigma)
    lonely, full = made.variances(np.array([0, 1]))
    assert np.allclose(lonely, pooled)
    own = rows[1:41].var(axis=0)
    assert np.allclose(full, (40 * own + 4 * pooled) / 43, rtol=3e-3)


def test_places_and_rows_must_belong_together():
    with pytest.raises(TrainingError, match='3 place labels'):
        build_bank(unit_rows(4, 8), places_of([0, 0, 1]))
    with pytest.raises(TrainingError, match='place 1 has no image'):
        build_bank(unit_rows(3, 8), places_of([0, 0, 2]))
    with pytest.raises(TrainingError, match='views of shape'):
        build_bank(unit_rows(3, 8), places_of([0, 0, 1]), unit_rows(3, 2, 7))


def test_a_descriptor_that_is_not_finite_is_refused():
    rows = unit_rows(3, 8)
    rows[1, 2] = np.nan
    with pytest.raises(TrainingError, match='not finite'):
        build_bank(rows, places_of([0, 0, 1]))
