# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from avpr_ros.errors import TrainingError
from avpr_ros.training.memory_bank import bank_file
from avpr_ros.training.memory_bank.bank_file import (
    bank_identity,
    bank_path,
    load_bank,
    open_bank,
    save_bank,
)
from avpr_ros.training.places import PlaceSettings

SETTINGS = PlaceSettings()


def test_a_bank_is_built_once_and_read_the_next_time(gallery, monkeypatch):
    built = open_bank(gallery, SETTINGS)
    assert bank_path(gallery).parent == gallery.path.parent
    monkeypatch.setattr(bank_file, 'build_bank', None)
    read = open_bank(gallery, SETTINGS)
    for name in ('centroids', 'sigma', 'samples', 'pooled_sigma'):
        assert np.array_equal(getattr(read, name), getattr(built, name))
    assert read.sigma.dtype == read.centroids.dtype == np.float16
    for name in ('labels', 'exclusion_offsets', 'exclusion_members'):
        assert np.array_equal(getattr(read.places, name), getattr(built.places, name))
    assert read.places.cell_m == built.places.cell_m


def test_bank_of_other_places_is_rebuilt(gallery):
    open_bank(gallery, SETTINGS)
    coarse = PlaceSettings(cell_m=1000.0, heading_sectors=1)
    assert bank_identity(gallery, coarse) != bank_identity(gallery, SETTINGS)
    assert open_bank(gallery, coarse).places.count < open_bank(gallery, SETTINGS).places.count


def test_damaged_bank_is_rebuilt(gallery):
    built = open_bank(gallery, SETTINGS)
    path = bank_path(gallery)
    path.write_bytes(path.read_bytes()[:-300])
    assert load_bank(path, bank_identity(gallery, SETTINGS)) is None
    assert np.array_equal(open_bank(gallery, SETTINGS).centroids, built.centroids)


def test_a_full_disk_is_one_sentence_and_leaves_no_part(gallery, monkeypatch):
    def full(*args, **kwargs):
        raise OSError(28, 'No space left on device')

    monkeypatch.setattr(np, 'savez', full)
    bank = open_bank(gallery, SETTINGS)  # goes without
    target = bank_path(gallery)
    with pytest.raises(TrainingError, match='No space left on device'):
        save_bank(bank, target, 'x')
    assert not list(target.parent.glob(f'*{target.name}*'))
