# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import copy
import gc
import os
from pathlib import Path
import zipfile

import numpy as np
import pytest

from avpr_ros.errors import MapError
from avpr_ros.gallery.array_files import open_npz, open_rows, read_npz
from avpr_ros.gallery.file_array import FileArray


@pytest.fixture
def rows() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(300, 40)).astype(np.float16)


@pytest.fixture
def path(tmp_path: Path, rows: np.ndarray) -> Path:
    np.save(tmp_path / 'rows.npy', rows)
    return tmp_path / 'rows.npy'


def test_arrays_of_two_dimensions_stay_in_the_file(tmp_path):
    rng = np.random.default_rng(0)
    arrays = {
        'a': rng.integers(0, 255, (7, 128), dtype=np.uint8),
        'b': rng.normal(size=(5, 3)).astype(np.float32),
        'offsets': np.arange(9),
        'none': np.zeros((0, 2)),
        'number': np.array(2.5),
    }
    np.savez(tmp_path / 'x.npz', **arrays)
    opened = open_npz(tmp_path / 'x.npz')
    assert opened.keys() == arrays.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(opened[name], array)
        assert opened[name].dtype == array.dtype
        assert opened[name].shape == array.shape
    assert {name for name, one in opened.items() if isinstance(one, FileArray)} == {'a', 'b'}


def test_what_is_no_plain_archive_is_refused(tmp_path):
    np.savez_compressed(tmp_path / 'c.npz', a=np.zeros(9))
    with pytest.raises(ValueError, match='compressed'):
        open_npz(tmp_path / 'c.npz')
    np.savez(tmp_path / 'o.npz', a=np.array([{}], dtype=object))
    with pytest.raises(ValueError, match='no plain array'):
        open_npz(tmp_path / 'o.npz')
    (tmp_path / 't.npz').write_bytes((tmp_path / 'c.npz').read_bytes()[:100])
    with pytest.raises(ValueError, match='zip'):
        open_npz(tmp_path / 't.npz')


@pytest.mark.parametrize(
    'key',
    [
        7,
        -1,
        slice(3, 9),
        slice(-4, None),
        slice(9, 3),
        slice(0, None, 70),
        slice(None, None, -1),
        np.array([299, 0, 5, 5, -2]),
        np.array([], dtype=np.int64),
        np.array([[1, 2], [250, 4]]),
        np.arange(300) % 7 == 0,
        (np.array([4, 290]), 0),
        (slice(2, 200, 60), slice(1, 3)),
        (12, 3),
        slice(None),
    ],
    ids=str,
)
def test_indexing_is_that_of_numpy(path, rows, key):
    stored = open_rows(path)
    np.testing.assert_array_equal(stored[key], rows[key])
    assert np.shape(stored[key]) == np.shape(rows[key])


def test_row_that_is_not_there_is_refused(path):
    stored = open_rows(path)
    for key in (300, np.array([0, -301])):
        with pytest.raises(IndexError):
            stored[key]


def test_file_that_is_cut_short_or_written_over_is_refused(path, rows):
    stored = open_rows(path)
    os.truncate(path, 1000)
    with pytest.raises(MapError, match='was changed while it is in use'):
        stored[5]
    np.save(path, rows + 1)
    with pytest.raises(MapError, match='was changed while it is in use'):
        stored[5]


def test_file_that_is_replaced_stays_readable(tmp_path, path, rows):
    stored = open_rows(path)
    np.save(tmp_path / 'new.npy', rows + 1)
    (tmp_path / 'new.npy').replace(path)
    np.testing.assert_array_equal(stored[:], rows)


def test_file_is_closed_with_its_last_array(path):
    def count() -> int:
        """Of this file alone: descriptors that other tests left may be closed meanwhile."""
        return sum(file.resolve() == path.resolve() for file in Path('/proc/self/fd').iterdir())

    opened = [open_rows(path) for _ in range(5)]
    assert count() == 5
    del opened
    gc.collect()
    assert count() == 0


def test_members_that_share_their_bytes_are_refused(tmp_path):
    np.save(tmp_path / 'a.npy', np.zeros(10_000))
    with zipfile.ZipFile(tmp_path / 'a.npz', 'w') as archive:
        archive.write(tmp_path / 'a.npy', 'a.npy')
        again = copy.copy(archive.infolist()[0])
        again.filename = 'b.npy'
        archive.filelist.append(again)
    for read in (open_npz, read_npz):
        with pytest.raises(ValueError, match='overlap'):
            read(tmp_path / 'a.npz')
