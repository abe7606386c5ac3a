# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Datasets opened by their folder: as images with labels, and as drives."""

from __future__ import annotations

from pathlib import Path

from layouts import write_gsv_city, write_msls_part, write_vg_folder
import pytest

from avpr_ros.errors import SourceError
from avpr_ros.sources.datasets.open import open_dataset
from avpr_ros.sources.open import SourceOptions, open_source


def test_every_layout_opens_by_its_folder(tmp_path: Path) -> None:
    write_gsv_city(tmp_path / 'gsv', 'London', [1, 2])
    write_msls_part(tmp_path / 'msls' / 'train_val' / 'cph' / 'database', ['a', 'b', 'c'])
    write_msls_part(tmp_path / 'msls' / 'train_val' / 'cph' / 'query', ['a', 'b'])
    write_vg_folder(tmp_path / 'vg' / 'images' / 'val' / 'queries', [500000.0])

    assert len(open_dataset(tmp_path / 'gsv')) == 4
    assert len(open_dataset(tmp_path / 'msls', cities=['cph'])) == 2
    assert len(open_dataset(tmp_path / 'msls', 'queries')) == 1
    assert len(open_dataset(tmp_path / 'msls' / 'train_val' / 'cph' / 'query')) == 1
    assert len(open_dataset(tmp_path / 'vg', 'queries', 'val')) == 1
    assert len(open_dataset(tmp_path / 'vg' / 'images' / 'val' / 'queries')) == 1
    with pytest.raises(SourceError, match='GSV-Cities, which has no queries'):
        open_dataset(tmp_path / 'gsv', 'queries')
    with pytest.raises(SourceError, match='no root with cities: leave out cph'):
        open_dataset(tmp_path / 'vg', cities=['cph'])
    with pytest.raises(SourceError, match='is not a folder'):
        open_dataset(tmp_path / 'nothing')


def test_a_city_is_a_drive(tmp_path: Path) -> None:
    database = tmp_path / 'cph' / 'database'
    write_msls_part(database, ['a', 'b', 'c'])
    source = open_source(database, SourceOptions())

    frames = list(source.frames())

    assert [frame.map_from_base.translation_m[1] for frame in frames] == [6172000.5, 6172005.5]
    assert [int(frame.decode()[0, 0, 0]) for frame in frames] == pytest.approx([0, 20], abs=2)
    assert source.name == 'cph database'
    assert source.preflight().ok
    with pytest.raises(SourceError, match='poses of its own'):
        open_source(database, SourceOptions(poses_csv=tmp_path / 'p.csv'))


def test_places_of_a_labelled_dataset_are_a_drive_too(tmp_path: Path) -> None:
    write_gsv_city(tmp_path / 'gsv', 'London', [1, 2])
    write_gsv_city(tmp_path / 'gsv', 'Boston', [1])
    source = open_source(tmp_path / 'gsv', SourceOptions())

    assert len(list(source.frames())) == 6
    assert any(check.name == 'cities' for check in source.preflight().checks)
