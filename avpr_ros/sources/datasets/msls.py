# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Mapillary Street-level Sequences.

``train_val/CITY/{database,query}/`` holds ``images/KEY.jpg``, ``raw.csv`` (key, lon, lat, ca,
captured_at, pano), ``postprocessed.csv`` (key, easting, northing, night, control_panel,
view_direction, unique_cluster), ``seq_info.csv`` and ``subtask_index.csv``. Panoramas are left
out, as is usual. ``ca`` is the compass angle of the camera, degrees clockwise from north.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timezone
from pathlib import Path

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

TRAIN_VAL = 'train_val'
RAW, PROCESSED, SUBTASKS = 'raw.csv', 'postprocessed.csv', 'subtask_index.csv'
_RAW_COLUMNS = ('key', 'ca', 'captured_at', 'pano')
_PROCESSED_COLUMNS = ('key', 'easting', 'northing')


def is_msls(root: Path) -> bool:
    """Return whether a folder is the dataset's root."""
    return (root / TRAIN_VAL).is_dir()


def is_msls_part(folder: Path) -> bool:
    """Return whether a folder is one city's ``database`` or ``query``."""
    return (folder / RAW).is_file() and (folder / 'images').is_dir()


def read_msls(
    root: Path, part: str, cities: Sequence[str] = (), subtask: str | None = None
) -> LabelledImages:
    """Read the database or the queries of some or all cities.

    Args:
        root: the folder of ``train_val``.
        part: ``database`` or ``query``.
        cities: their names; empty: all cities in the folder.
        subtask: as in ``read_msls_part``.

    Raises:
        SourceError: an unknown city, or as ``read_msls_part``.
    """
    folder = root / TRAIN_VAL
    available = sorted(path.name for path in folder.iterdir() if (path / part).is_dir())
    unknown = sorted(set(cities) - set(available))
    if unknown or not available:
        raise SourceError(
            f'{folder} has no city {", ".join(unknown)} with a folder {part}: it has '
            f'{", ".join(available) or "none"}.'
        )
    parts = [read_msls_part(folder / city / part, subtask) for city in cities or available]
    return join(f'{root.resolve().name} {part}', parts)


def read_msls_part(folder: Path, subtask: str | None = None) -> LabelledImages:
    """Read one city's ``database`` or ``query``.

    Args:
        folder: of ``raw.csv`` and ``images``.
        subtask: only rows that this column of ``subtask_index.csv`` has, e.g. ``all`` (the
            usual evaluation), ``d2n``; None: every row.

    Raises:
        SourceError: a bad row, no image that is no panorama, or a missing image.
    """
    wanted = _subtask_keys(folder, subtask)
    raw = [
        row
        for row in read_rows(folder / RAW, _RAW_COLUMNS)
        if not row.flag('pano') and (wanted is None or row.text('key') in wanted)
    ]
    if not raw:
        raise SourceError(
            f'{folder / RAW} lists no image of the subtask that is not a panorama: choose another '
            'subtask or restore the file.'
        )
    processed = {row.text('key'): row for row in read_rows(folder / PROCESSED, _PROCESSED_COLUMNS)}
    rows = [_joined(row, processed, folder / PROCESSED) for row in raw]
    images = images_in(folder / 'images')
    names = [f'{row.text("key")}.jpg' for row in raw]
    paths = require_images(
        [images.get(name) for name in names],
        lambda number: str(folder / 'images' / names[number]),
        {number: row.where for number, row in enumerate(raw)},
    )
    city = folder.resolve().parent.name
    count = len(raw)
    return LabelledImages(
        f'{city} {folder.resolve().name}',
        paths,
        (city,),
        np.zeros(count, dtype=np.int64),
        np.array([[row.number('easting'), row.number('northing')] for row in rows]),
        yaw_from_compass(np.array([row.number('ca') for row in raw])),
        np.full(count, -1, dtype=np.int64),
        np.array([_day(row) for row in raw], dtype='datetime64[D]'),
    )


def _subtask_keys(folder: Path, subtask: str | None) -> set[str] | None:
    if subtask is None:
        return None
    rows = read_rows(folder / SUBTASKS, ('key', subtask))
    return {row.text('key') for row in rows if row.flag(subtask)}


def _joined(raw: CsvRow, processed: dict[str, CsvRow], path: Path) -> CsvRow:
    key = raw.text('key')
    if key not in processed:
        raise raw.bad('key', f'{key} has no row in {path}')
    return processed[key]


def _day(row: CsvRow) -> date:
    """Read an ISO date or time, or milliseconds since 1970."""
    text = row.text('captured_at')
    try:
        if text.isdigit():
            return datetime.fromtimestamp(int(text) / 1000, tz=timezone.utc).date()
        return date.fromisoformat(text[:10])
    except (ValueError, OverflowError, OSError):
        raise row.bad('captured_at', f'is {text!r}, neither a date nor milliseconds') from None
