# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Folders in the layout of datasets_vg, which VPR-methods-evaluation reads.

``images/{train,val,test}/{database,queries}/``, at any depth below, files named
``@UTM_east@UTM_north@...``. A list ``FOLDER_images_paths.txt`` beside a folder names its images
where searching it would take long.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from avpr_ros.errors import SourceError
from avpr_ros.sources.datasets.labelled_images import (
    IMAGE_SUFFIXES,
    LabelledImages,
    yaw_from_compass,
)
from avpr_ros.sources.poses.utm_names import read_utm_grid
from avpr_ros.storage.reading import reading

DATABASE, QUERIES = 'database', 'queries'
SPLITS = ('train', 'val', 'test')


def is_vg_dataset(root: Path) -> bool:
    """Return whether a folder is the root of such a dataset."""
    return any((root / 'images' / split).is_dir() for split in SPLITS)


def read_vg_dataset(root: Path, split: str, part: str) -> LabelledImages:
    """Read one part of one split.

    Args:
        root: the folder of ``images``.
        split: ``train``, ``val`` or ``test``.
        part: ``database`` or ``queries``.

    Raises:
        SourceError: the split or part does not exist, or as ``read_vg_folder``.
    """
    folder = root / 'images' / split / part
    if not folder.is_dir():
        available = [s for s in SPLITS if (root / 'images' / s / part).is_dir()]
        raise SourceError(
            f'{folder} is not a folder: splits with {part} are {", ".join(available) or "none"}.'
        )
    return read_vg_folder(folder)


def read_vg_folder(folder: Path) -> LabelledImages:
    """Read a folder of images whose names carry UTM positions.

    Positions stay as the names have them, so that two folders compare.

    Raises:
        SourceError: an '@' in a folder's name, no image, a listed image that is missing, a name
            without a position, or names of several UTM zones.
    """
    if '@' in str(folder):
        raise _at_sign(folder)
    paths = _listed(folder)
    for path in paths:
        if '@' in str(path.parent):
            raise _at_sign(path.parent)
    positions_m, compass_deg = read_utm_grid([path.name for path in paths])
    count = len(paths)
    name = folder.resolve().name
    return LabelledImages(
        name,
        tuple(paths),
        (name,),
        np.zeros(count, dtype=np.int64),
        positions_m,
        yaw_from_compass(compass_deg),
        np.full(count, -1, dtype=np.int64),
        np.full(count, np.datetime64('NaT', 'D')),
    )


def _listed(folder: Path) -> list[Path]:
    """Return the images in the order of VPR-methods-evaluation: by name, or as listed."""
    cache = folder.with_name(f'{folder.name}_images_paths.txt')
    if cache.is_file():
        with reading(cache, SourceError, 'delete the list to search the folder'):
            lines = cache.read_text(encoding='utf-8').splitlines()
        paths = [folder / line for line in lines if line]
        for number, line in enumerate(lines, start=1):
            if line.startswith('/') or '..' in line.split('/'):
                raise SourceError(
                    f'{cache}, line {number}: {line[:80]} leads out of the folder; delete the '
                    'list to search the folder.'
                )
        for number, path in enumerate(paths, start=1):
            if not path.is_file():
                raise SourceError(
                    f'{cache}, line {number}: image {path} is missing; delete the list to search '
                    'the folder.'
                )
    else:
        found = (path for path in folder.rglob('*') if path.suffix.lower() in IMAGE_SUFFIXES)
        paths = sorted((path for path in found if path.is_file()), key=str)
    if not paths:
        raise SourceError(f'{folder} has no image: unpack the dataset into this folder.')
    return paths


def _at_sign(folder: Path) -> SourceError:
    return SourceError(
        f"The folder {folder} has an '@' in its path, where the usual tools of this layout would "
        'read a position: rename it.'
    )
