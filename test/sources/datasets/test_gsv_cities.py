# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

from layouts import write_gsv_city
import numpy as np
import pytest

from avpr_ros.errors import ImageDecodeError, SourceError
from avpr_ros.sources.datasets.gsv_cities import read_gsv_cities


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_gsv_city(tmp_path / 'gsv', 'London', [3, 8])
    write_gsv_city(tmp_path / 'gsv', 'Boston', [3, 4, 5], north_of_lat=-42.3)
    return tmp_path / 'gsv'


def test_places_are_unique_over_cities(root: Path) -> None:
    images = read_gsv_cities(root)

    assert images.city_names == ('Boston', 'London')
    # place 3 of Boston and place 3 of London are two places
    assert images.labels.tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]
    assert images.cities.tolist() == [0] * 6 + [1] * 4
    assert images.has_labels
    assert int(images.read(7)[0, 0, 0]) == pytest.approx(31, abs=2)
    assert images.paths[7].name == 'London_0000003_2017_04_095_51.506_-0.123456_pa_no-3_1.jpg'


def test_positions_headings_and_dates(root: Path) -> None:
    images = read_gsv_cities(root, ['London'])

    # 0.002 degrees of latitude a place, five places: 111.2 m a thousandth of a degree
    north_m = np.diff(images.positions_m[[0, 2]], axis=0)[0]
    np.testing.assert_allclose(north_m[1], 0.01 * 111_230, rtol=2e-3)
    assert abs(north_m[0]) < 50  # the grid's north is not the meridian's
    assert 650_000 < images.positions_m[0, 0] < 720_000  # zone 30
    # compass 5 degrees is 85 degrees from east, 95 is -5
    np.testing.assert_allclose(np.degrees(images.headings_rad[:2]), [85, -5])
    assert images.dates.astype(str).tolist()[:2] == ['2015-03-01', '2017-04-01']


def test_gsv_cities_missing_image_names_row(root: Path) -> None:
    next((root / 'Images' / 'London').glob('*_0000008_2015_*')).unlink()

    with pytest.raises(SourceError, match=r'1 of 4 images are missing.*London_0000008.*line 4'):
        read_gsv_cities(root, ['London'])


@pytest.mark.parametrize(
    ('row', 'words'),
    [
        ('x,2015,3,5,London,51.5,-0.1,p', r"London.csv, line 6: place_id is 'x', not a number"),
        ('8,2015,13,5,London,51.5,-0.1,p', r'line 6: month is 13, not 1 to 12'),
        ('8,2015,3,5,London,nan,-0.1,p', r'line 6: lat is nan, not a finite number'),
        ('8,2015', r'line 6: the row is shorter than the header'),
        ('8,2015,3,5,London,51.5,-0.1,', r'line 6: panoid is empty'),
    ],
)
def test_msls_bad_row_names_file_and_line(root: Path, row: str, words: str) -> None:
    with (root / 'Dataframes' / 'London.csv').open('a') as stream:
        stream.write(row + '\n')

    with pytest.raises(SourceError, match=words):
        read_gsv_cities(root, ['London'])


def test_missing_dataset_part_is_an_error(root: Path) -> None:
    with pytest.raises(SourceError, match='no city Paris: it has Boston, London'):
        read_gsv_cities(root, ['Paris'])
    table = root / 'Dataframes' / 'London.csv'
    table.write_text(table.read_text().splitlines()[0] + '\n')
    with pytest.raises(SourceError, match=r'London\.csv lists no image'):
        read_gsv_cities(root)
    table.write_text('place_id,year\n1,2015\n')
    with pytest.raises(SourceError, match=r'has no column month, northdeg.*it has place_id, year'):
        read_gsv_cities(root)


def test_a_corrupt_image_is_found_when_it_is_read(root: Path) -> None:
    images = read_gsv_cities(root)
    images.paths[2].write_bytes(images.paths[2].read_bytes()[:200])

    with pytest.raises(ImageDecodeError, match=r'Boston_0000004.*cut short'):
        images.read(2)


def test_a_part_keeps_its_labels(root: Path) -> None:
    part = read_gsv_cities(root).subset(np.array([9, 0]))

    assert part.labels.tolist() == [4, 0]
    assert [path.name.split('_')[0] for path in part.paths] == ['London', 'Boston']
    assert len(part) == 2
