# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from avpr_ros.networks import projection
from avpr_ros.networks.projection import fit_basis, project_rows


def unit_rows(count: int, width: int, seed: int = 0) -> np.ndarray:
    rows = np.random.default_rng(seed).normal(size=(count, width))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def test_nothing_is_lost_while_the_span_is_kept():
    gallery, query = unit_rows(20, 64), unit_rows(5, 64, seed=1)
    basis = fit_basis(gallery, 512)
    assert basis.shape == (64, 20)
    assert np.allclose(basis.T @ basis, np.eye(20), atol=1e-5)
    assert np.allclose((query @ basis) @ (gallery @ basis).T, query @ gallery.T, atol=1e-5)


@pytest.mark.parametrize('count', [30, 300])
def test_the_kept_directions_are_the_leading_ones(count, monkeypatch):
    monkeypatch.setattr(projection, '_CHUNK_ROWS', 7)
    rows = unit_rows(count, 40)
    basis = fit_basis(rows, 6)
    values = np.linalg.svd(rows.astype(np.float64), compute_uv=False)
    kept = np.linalg.norm(rows @ basis, axis=0)
    assert np.allclose(kept, values[:6], rtol=1e-4)


def test_repeated_images_add_no_directions():
    rows = np.repeat(unit_rows(4, 16), 3, axis=0)
    assert fit_basis(rows, 512).shape == (16, 4)


def test_projected_rows_have_length_one_in_every_chunk(monkeypatch):
    monkeypatch.setattr(projection, '_CHUNK_ROWS', 3)
    rows = unit_rows(8, 16)
    basis = fit_basis(rows, 4)
    projected = project_rows(rows, basis)
    assert np.allclose(np.linalg.norm(projected, axis=1), 1, atol=1e-6)
    one = rows[7] @ basis
    assert np.allclose(projected[7], one / np.linalg.norm(one), atol=1e-6)
