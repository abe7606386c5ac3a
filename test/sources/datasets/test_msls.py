# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

from layouts import write_msls_part
import numpy as np
import pytest

from avpr_ros.errors import SourceError
from avpr_ros.sources.datasets.msls import read_msls, read_msls_part

KEYS = ['aB-1', 'cD_2', 'eF3', 'gH4']


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for city in ('cph', 'sf'):
        write_msls_part(tmp_path / 'msls' / 'train_val' / city / 'database', KEYS)
        write_msls_part(tmp_path / 'msls' / 'train_val' / city / 'query', KEYS[:3])
    return tmp_path / 'msls'


def test_tables_are_joined_by_key_and_panoramas_left_out(root: Path) -> None:
    folder = root / 'train_val' / 'cph' / 'database'
    lines = (folder / 'postprocessed.csv').read_text().splitlines()
    (folder / 'postprocessed.csv').write_text('\n'.join([lines[0], *lines[:0:-1]]) + '\n')

    images = read_msls_part(folder)

    assert [path.stem for path in images.paths] == KEYS[:3]
    assert images.positions_m.tolist() == [[347000.25, 6172000.5 + 5 * n] for n in range(3)]
    np.testing.assert_allclose(np.degrees(images.headings_rad), [90, 80, 70])
    assert images.dates.astype(str).tolist() == ['2018-04-10', '2018-04-11', '2018-04-12']
    assert not images.has_labels
    assert images.name == 'cph database'


def test_cities_and_parts(root: Path) -> None:
    images = read_msls(root, 'query')

    assert images.city_names == ('cph', 'sf')
    assert images.cities.tolist() == [0, 0, 1, 1]
    assert len(read_msls(root, 'database', ['sf'])) == 3
    with pytest.raises(SourceError, match='no city oslo with a folder query: it has cph, sf'):
        read_msls(root, 'query', ['oslo'])


def test_a_subtask_chooses_rows(root: Path) -> None:
    folder = root / 'train_val' / 'cph' / 'database'

    assert [path.stem for path in read_msls_part(folder, 'd2n').paths] == ['eF3']
    with pytest.raises(SourceError, match='no image of the subtask that is not a panorama'):
        read_msls_part(folder, 's2w')
    with pytest.raises(SourceError, match='has no column x2y'):
        read_msls_part(folder, 'x2y')


def test_bad_dataset_row_names_file_and_line(root: Path) -> None:
    folder = root / 'train_val' / 'cph' / 'database'
    raw = folder / 'raw.csv'
    text = raw.read_text()
    raw.write_text(text.replace('2018-04-11,False', 'spring,False'))
    with pytest.raises(SourceError, match=r"raw\.csv, line 3: captured_at is 'spring'"):
        read_msls_part(folder)
    raw.write_text(text.replace('2018-04-11,False', '2018-04-11,maybe'))
    with pytest.raises(SourceError, match=r"raw\.csv, line 3: pano is 'maybe'"):
        read_msls_part(folder)
    raw.write_text(text.replace('2018-04-11', '1523404800000'))
    assert str(read_msls_part(folder).dates[1]) == '2018-04-11'
    raw.write_text(text.replace('cD_2', 'other'))
    with pytest.raises(SourceError, match=r'line 3: key other has no row in .*postprocessed\.csv'):
        read_msls_part(folder)
    raw.write_text(text)
    (folder / 'images' / 'cD_2.jpg').unlink()
    with pytest.raises(SourceError, match=r'1 of 3 images are missing.*cD_2\.jpg.*line 3'):
        read_msls_part(folder)
