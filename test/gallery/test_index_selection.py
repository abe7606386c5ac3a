# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from avpr_ros.errors import ConfigError, MapError
from avpr_ros.gallery.array_files import open_rows
from avpr_ros.gallery.file_array import row_reader
from avpr_ros.gallery.index import inverted_file
from avpr_ros.gallery.index import selection as index_choice
from avpr_ros.gallery.index.faiss_index import GalleryIndex
from avpr_ros.gallery.index.inverted_file import estimated_bytes
from avpr_ros.gallery.index.selection import build_index, choose_kind

COUNT, DIM = 2000, 64


@pytest.fixture(scope='module')
def rows() -> np.ndarray:
    """Rows around 200 centres, as keyframes lie around places."""
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(200, DIM))
    rows = centres[rng.integers(200, size=COUNT)] + 0.4 * rng.normal(size=(COUNT, DIM))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float16)


@pytest.mark.parametrize(
    ('count', 'dim', 'memory_mb', 'kind'),
    [
        (10_000, 512, 256, 'exact'),
        (10_000, 512, 8, 'ivf-sq8'),
        (100_000, 512, 256, 'ivf-sq8'),
        (100_000, 512, 24, 'ivf-pq64'),
        (1_000_000, 512, 128, 'ivf-pq64'),
        (1_000_000, 512, 64, 'ivf-pq32'),
        (20_000, 8448, 256, 'ivf-sq8'),
        (100_000, 24, 4, 'ivf-sq8'),
    ],
)
def test_the_most_faithful_kind_that_fits_is_chosen(count, dim, memory_mb, kind):
    assert choose_kind(count, dim, memory_mb) == kind


def test_a_budget_too_small_for_all_kinds_is_refused_with_the_one_needed():
    with pytest.raises(ConfigError, match=r'--memory-mb (\d+)') as caught:
        choose_kind(1_000_000, 512, 10)
    enough = int(str(caught.value).split('--memory-mb ')[1].split()[0])
    assert choose_kind(1_000_000, 512, enough) == 'ivf-pq32'


def test_a_small_map_is_searched_exactly(rows):
    index, info = build_index(rows)
    assert index.exact
    assert (info.kind, info.agreement_at_1) == ('exact', 1.0)
    assert info.bytes == rows.nbytes


@pytest.mark.parametrize('kind', ['ivf-sq8', 'ivf-pq32'])
def test_an_approximate_index_finds_what_exact_search_finds(tmp_path, monkeypatch, rows, kind):
    monkeypatch.setattr(inverted_file, '_ITERATIONS', 1)
    monkeypatch.setattr(index_choice, 'choose_kind', lambda *_: kind)
    built, info = build_index(rows)
    assert not built.exact
    assert info.agreement_at_1 >= 0.97
    assert info.probed < info.cells
    assert info.bytes < 0.8 * rows.nbytes + 300_000
    assert info.bytes == pytest.approx(estimated_bytes(kind, COUNT, DIM), rel=0.2)
    built.save(tmp_path / 'index.faiss')
    np.save(tmp_path / 'rows.npy', rows)
    stored = row_reader(open_rows(tmp_path / 'rows.npy'))
    index = GalleryIndex.load(tmp_path / 'index.faiss', stored)
    queries = rows[::200].astype(np.float32)
    similarities, found = index.search(queries, 5)
    np.testing.assert_array_equal(found[:, 0], np.arange(0, COUNT, 200))
    expected = (queries[:, np.newaxis] * rows[found].astype(np.float32)).sum(axis=2)
    np.testing.assert_allclose(similarities, expected, atol=1e-5)
    assert (np.diff(similarities, axis=1) <= 0).all()


def test_what_an_approximate_search_did_not_reach_is_marked(tmp_path, monkeypatch, rows):
    monkeypatch.setattr(index_choice, 'choose_kind', lambda *_: 'ivf-sq8')
    index, _ = build_index(rows)
    similarities, found = index.search(rows[:1].astype(np.float32), COUNT)
    reached = found[0] >= 0
    assert 0 < reached.sum() < COUNT
    assert np.isneginf(similarities[0][~reached]).all()
    assert len(set(found[0][reached].tolist())) == reached.sum()


def test_an_approximate_index_without_rows_is_refused(tmp_path, monkeypatch, rows):
    monkeypatch.setattr(index_choice, 'choose_kind', lambda *_: 'ivf-sq8')
    build_index(rows)[0].save(tmp_path / 'index.faiss')
    with pytest.raises(MapError, match='rows'):
        GalleryIndex.load(tmp_path / 'index.faiss')
