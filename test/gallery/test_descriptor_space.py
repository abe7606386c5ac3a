# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from avpr_ros.errors import MapError
from avpr_ros.gallery.descriptor_space import DescriptorSpace

ARRAYS = {'words': np.arange(6.0).reshape(2, 3), 'projection': np.eye(2, dtype=np.float32)}


def test_the_id_does_not_depend_on_order_or_memory_layout():
    space = DescriptorSpace.create('n', 8, 32, ARRAYS)
    turned = {name: np.asfortranarray(ARRAYS[name]) for name in reversed(ARRAYS)}
    assert DescriptorSpace.create('n', 8, 32, turned).id == space.id
    assert len(space.id) == 64


@pytest.mark.parametrize(
    'other',
    [
        ('m', 8, 32, ARRAYS),
        ('n', 9, 32, ARRAYS),
        ('n', 8, 33, ARRAYS),
        ('n', 8, 32, {}),
        ('n', 8, 32, {**ARRAYS, 'words': ARRAYS['words'].reshape(3, 2)}),
        ('n', 8, 32, {**ARRAYS, 'words': ARRAYS['words'].astype(np.float32)}),
        ('n', 8, 32, {**ARRAYS, 'words': ARRAYS['words'] + 1e-9}),
        ('n', 8, 32, {'word': ARRAYS['words'], 'projection': ARRAYS['projection']}),
    ],
)
def test_everything_counts_for_the_id(other):
    assert DescriptorSpace.create(*other).id != DescriptorSpace.create('n', 8, 32, ARRAYS).id


def test_saved_arrays_give_the_same_space(tmp_path):
    space = DescriptorSpace.create('n', 8, 32, ARRAYS)
    space.save_arrays(tmp_path / 'space.npz')
    loaded = DescriptorSpace.load(tmp_path / 'space.npz', space.id, 'n', 8, 32)
    assert loaded.id == space.id
    np.testing.assert_array_equal(loaded.arrays['words'], ARRAYS['words'])
    with pytest.raises(MapError, match='descriptor space'):
        DescriptorSpace.load(tmp_path / 'space.npz', space.id, 'n', 8, 33)


def test_pickled_arrays_are_refused(tmp_path):
    np.savez(tmp_path / 'space.npz', bad=np.array([{}], dtype=object))
    with pytest.raises(MapError, match='cannot be read'):
        DescriptorSpace.load(tmp_path / 'space.npz', 'x', 'n', 8, 32)
