# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Open a dataset folder, whichever layout it has."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, TypeAlias

from avpr_ros.errors import SourceError
from avpr_ros.sources.datasets.gsv_cities import is_gsv_cities, read_gsv_cities
from avpr_ros.sources.datasets.labelled_images import LabelledImages
from avpr_ros.sources.datasets.msls import is_msls, is_msls_part, read_msls, read_msls_part
from avpr_ros.sources.datasets.vg_folder import is_vg_dataset, read_vg_dataset, read_vg_folder

#: Side of a dataset: the mapped images or the queries.
Part: TypeAlias = Literal['database', 'queries']


def open_dataset(
    path: Path, part: Part = 'database', split: str = 'train', cities: Sequence[str] = ()
) -> LabelledImages:
    """Open GSV-Cities, MSLS, a dataset in the layout of datasets_vg, or one folder of these.

    Args:
        path: root of the dataset; or one city's ``database`` or ``query`` of MSLS; or a folder
            of images named ``@UTM_east@UTM_north@``.
        part: of a root, which part to read; GSV-Cities has no queries.
        split: of a root in the layout of datasets_vg.
        cities: of a root of GSV-Cities or MSLS; empty: all.

    Raises:
        SourceError: the path is missing or incomplete, or lacks the chosen part or split.
    """
    if not path.is_dir():
        raise SourceError(f'{path} is not a folder: give the root of a dataset.')
    if is_gsv_cities(path):
        if part == 'queries':
            raise SourceError(f'{path} is GSV-Cities, which has no queries: train on it only.')
        return read_gsv_cities(path, cities)
    if is_msls(path):
        return read_msls(path, 'query' if part == 'queries' else 'database', cities)
    if cities:
        raise SourceError(f'{path} is no root with cities: leave out {", ".join(cities)}.')
    if is_msls_part(path):
        return read_msls_part(path)
    if is_vg_dataset(path):
        return read_vg_dataset(path, split, part)
    return read_vg_folder(path)


def is_dataset(path: Path) -> bool:
    """Return whether a folder has one of the layouts whose poses stand in tables."""
    return is_gsv_cities(path) or is_msls_part(path)
