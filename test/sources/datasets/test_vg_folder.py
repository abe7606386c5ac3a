# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

from layouts import write_vg_folder
import numpy as np
import pytest

from avpr_ros.errors import SourceError
from avpr_ros.sources.datasets.vg_folder import read_vg_dataset, read_vg_folder


def test_parts_of_a_split_share_one_grid(tmp_path: Path) -> None:
    split = tmp_path / 'st_lucia' / 'images' / 'test'
    write_vg_folder(split / 'database' / 'run_a', [500000.0, 500010.0])
    write_vg_folder(split / 'queries', [500003.0], heading='')

    database = read_vg_dataset(tmp_path / 'st_lucia', 'test', 'database')
    queries = read_vg_dataset(tmp_path / 'st_lucia', 'test', 'queries')

    assert database.positions_m.tolist() == [[500000, 5000], [500010, 5000]]
    assert queries.positions_m.tolist() == [[500003, 5000]]
    np.testing.assert_allclose(database.headings_rad, 0.0, atol=1e-12)
    assert np.isnan(queries.headings_rad).all()
    with pytest.raises(SourceError, match='splits with queries are test'):
        read_vg_dataset(tmp_path / 'st_lucia', 'val', 'queries')


def test_vg_folder_path_list_replaces_search(tmp_path: Path) -> None:
    folder = tmp_path / 'database'
    write_vg_folder(folder, [500000.0, 500010.0, 500020.0])
    names = sorted(path.name for path in folder.iterdir())
    listing = tmp_path / 'database_images_paths.txt'
    listing.write_text(f'{names[2]}\n{names[0]}\n')

    assert [path.name for path in read_vg_folder(folder).paths] == [names[2], names[0]]

    listing.write_text(f'{names[2]}\n@1@2@.jpg\n')
    with pytest.raises(SourceError, match=r'images_paths\.txt, line 2: image .* is missing'):
        read_vg_folder(folder)


def test_an_at_sign_in_a_folder_is_refused(tmp_path: Path) -> None:
    write_vg_folder(tmp_path / 'database' / 'car@night', [500000.0])

    with pytest.raises(SourceError, match=r"car@night has an '@' in its path.*rename"):
        read_vg_folder(tmp_path / 'database')
    with pytest.raises(SourceError, match=r'has an .@. in its path'):
        read_vg_folder(tmp_path / 'database' / 'car@night')


def test_names_without_positions_and_empty_folders(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match='has no image'):
        read_vg_folder(tmp_path)
    write_vg_folder(tmp_path, [500000.0])
    next(tmp_path.iterdir()).rename(tmp_path / 'a.jpg')
    with pytest.raises(SourceError, match=r'a\.jpg does not start with @east@north'):
        read_vg_folder(tmp_path)
