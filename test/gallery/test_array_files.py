# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from avpr_ros.gallery.array_files import map_npz


def test_arrays_are_mapped_not_read(tmp_path):
    rng = np.random.default_rng(0)
    arrays = {
        'a': rng.integers(0, 255, (7, 128), dtype=np.uint8),
        'b': rng.normal(size=(5, 3)).astype(np.float32),
        'none': np.zeros((0, 2)),
        'number': np.array(2.5),
    }
    np.savez(tmp_path / 'x.npz', **arrays)
    mapped = map_npz(tmp_path / 'x.npz')
    assert mapped.keys() == arrays.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(mapped[name], array)
        assert mapped[name].dtype == array.dtype
    assert isinstance(mapped['a'], np.memmap)
    with pytest.raises(ValueError, match='read-only'):
        mapped['a'][0] = 0


def test_what_is_no_plain_archive_is_refused(tmp_path):
    np.savez_compressed(tmp_path / 'c.npz', a=np.zeros(9))
    with pytest.raises(ValueError, match='compressed'):
        map_npz(tmp_path / 'c.npz')
    np.savez(tmp_path / 'o.npz', a=np.array([{}], dtype=object))
    with pytest.raises(ValueError, match='no plain array'):
        map_npz(tmp_path / 'o.npz')
    (tmp_path / 't.npz').write_bytes((tmp_path / 'c.npz').read_bytes()[:100])
    with pytest.raises(ValueError, match='zip'):
        map_npz(tmp_path / 't.npz')
