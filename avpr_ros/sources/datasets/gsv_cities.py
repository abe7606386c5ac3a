# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""GSV-Cities: places with several street views each, labelled.

``Dataframes/CITY.csv`` (place_id, year, month, northdeg, city_id, lat, lon, panoid) and
``Images/CITY/CITY_{place_id:07d}_{year:04d}_{month:02d}_{northdeg:03d}_{lat}_{lon}_{panoid}.jpg``.
A place_id is unique within its city only. Places lie 100 m or more apart, so every other place
is a safe negative.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np

from avpr_ros.errors import SourceError
from avpr_ros.sources.datasets.csv_rows import CsvRow, read_rows
from avpr_ros.sources.datasets.labelled_images import (
    LabelledImages,
    images_in,
    join,
    require_images,
    yaw_from_compass,
)
from avpr_ros.sources.poses.geodesy import to_utm_m

FRAMES, IMAGES = 'Dataframes', 'Images'
COLUMNS = ('place_id', 'year', 'month', 'northdeg', 'city_id', 'lat', 'lon', 'panoid')

#: place_id, year, month, northdeg, panoid: all of a name but how its position is printed.
_Key: TypeAlias = tuple[int, int, int, int, str]


def is_gsv_cities(root: Path) -> bool:
    """Return whether a folder has this layout."""
    return (root / FRAMES).is_dir() and (root / IMAGES).is_dir()


def read_gsv_cities(root: Path, cities: Sequence[str] = ()) -> LabelledImages:
    """Read some or all cities.

    Args:
        root: the folder of ``Dataframes`` and ``Images``.
        cities: their names; empty: all.

    Raises:
        SourceError: an unknown city, a bad row, a city without rows, or a missing image.
    """
    available = sorted(path.stem for path in (root / FRAMES).glob('*.csv'))
    if not available:
        raise SourceError(f'{root / FRAMES} has no CITY.csv: unpack the dataset into {root}.')
    unknown = sorted(set(cities) - set(available))
    if unknown:
        raise SourceError(
            f'{root / FRAMES} has no city {", ".join(unknown)}: it has {", ".join(available)}.'
        )
    return join(root.resolve().name, [_city(root, name) for name in cities or available])


def _city(root: Path, city: str) -> LabelledImages:
    rows = read_rows(root / FRAMES / f'{city}.csv', COLUMNS)
    keys = [_key(row) for row in rows]
    fixes = np.array([[row.number('lat'), row.number('lon')] for row in rows])
    folder = root / IMAGES / city
    files = {_parsed(path.stem, city): path for path in images_in(folder).values()}
    paths = require_images(
        [files.get(key) for key in keys],
        lambda row: str(folder / _name(city, keys[row], rows[row])),
        {number: row.where for number, row in enumerate(rows)},
    )
    _, labels = np.unique([key[0] for key in keys], return_inverse=True)
    return LabelledImages(
        city,
        paths,
        (city,),
        np.zeros(len(rows), dtype=np.int64),
        to_utm_m(fixes),
        yaw_from_compass(np.array([key[3] for key in keys], dtype=np.float64)),
        labels.reshape(-1).astype(np.int64),
        np.array([f'{key[1]:04d}-{key[2]:02d}' for key in keys], dtype='datetime64[D]'),
    )


def _key(row: CsvRow) -> _Key:
    month = row.integer('month')
    if not 1 <= month <= 12:
        raise row.bad('month', f'is {month}, not 1 to 12')
    return (
        row.integer('place_id'),
        row.integer('year'),
        month,
        row.integer('northdeg'),
        row.text('panoid'),
    )


def _parsed(stem: str, city: str) -> _Key | None:
    """Read the key back from a file name; None where it is no such name.

    The position is passed over: how many digits of it a name has depends on who printed it.
    """
    fields = stem.removeprefix(f'{city}_').split('_', 6)
    if len(fields) < 7 or not all(field.isdigit() for field in fields[:4]):
        return None
    place, year, month, northdeg = (int(field) for field in fields[:4])
    return place, year, month, northdeg, fields[6]


def _name(city: str, key: _Key, row: CsvRow) -> str:
    place, year, month, northdeg, panoid = key
    return (
        f'{city}_{place:07d}_{year:04d}_{month:02d}_{northdeg:03d}_{row.text("lat")}_'
        f'{row.text("lon")}_{panoid}.jpg'
    )
