# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Descriptors of queries and gallery with the positions of their images.

On disk they are a folder of ``queries_descriptors.npy`` and ``database_descriptors.npy``, named
as VPR-methods-evaluation saves them, with ``*_positions.npy`` (N, 2 or 3) in metres and
``*_headings.npy`` (N,) in radians beside them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import Descriptors, FloatArray
from avpr_ros.errors import ConfigError
from avpr_ros.evaluation.metrics.ground_truth import ViewPoses
from avpr_ros.sources.datasets.labelled_images import LabelledImages
from avpr_ros.storage.files import atomic_file
from avpr_ros.storage.reading import reading

_SIDES = ('queries', 'database')


@dataclass(frozen=True, eq=False)
class DescriptorSet:
    """Two sides in one descriptor space.

    Attributes:
        queries: (Q, d).
        gallery: (N, d).
        query_views: Q places.
        gallery_views: N places.
    """

    queries: Descriptors
    gallery: Descriptors
    query_views: ViewPoses
    gallery_views: ViewPoses


def save_features(folder: Path, described: DescriptorSet) -> None:
    """Write a folder that ``load_features`` and VPR-methods-evaluation's figures start from."""
    sides = (
        (described.queries, described.query_views),
        (described.gallery, described.gallery_views),
    )
    for name, (descriptors, views) in zip(_SIDES, sides, strict=True):
        arrays: dict[str, NDArray[np.floating]] = {
            'descriptors': np.asarray(descriptors, dtype=np.float32),
            'positions': views.positions_m,
            'headings': views.headings_rad,
        }
        for what, array in arrays.items():
            with atomic_file(folder / f'{name}_{what}.npy') as path:
                np.save(path, array, allow_pickle=False)


def load_features(
    folder: Path,
    queries: LabelledImages | None = None,
    database: LabelledImages | None = None,
    *,
    positions_wanted: bool = True,
) -> DescriptorSet:
    """Read stored descriptors.

    Args:
        folder: of the two files of descriptors.
        queries: the images they are of, in the same order; None: positions lie in the folder.
        database: the same of the gallery.
        positions_wanted: False where frames alone decide what is right.

    Raises:
        ConfigError: a file is missing, of another shape, or of another number of images.
    """
    sides = []
    for name, images in zip(_SIDES, (queries, database), strict=True):
        descriptors = _load(folder / f'{name}_descriptors.npy', (2,))
        views = _views(folder, name, images, len(descriptors), positions_wanted)
        if len(views) != len(descriptors):
            raise ConfigError(
                f'{folder}: {len(descriptors)} descriptors and {len(views)} positions of {name}; '
                'both must be of the same images in the same order'
            )
        sides.append((descriptors, views))
    return DescriptorSet(sides[0][0], sides[1][0], sides[0][1], sides[1][1])


def _views(
    folder: Path, name: str, images: LabelledImages | None, count: int, positions_wanted: bool
) -> ViewPoses:
    if images is not None:
        return ViewPoses(images.positions_m, images.headings_rad)
    if not positions_wanted:
        return ViewPoses(np.zeros((count, 2)), np.full(count, np.nan))
    positions_m: FloatArray = _load(folder / f'{name}_positions.npy', (2,)).astype(np.float64)
    if positions_m.shape[1] not in (2, 3) or not np.isfinite(positions_m).all():
        raise ConfigError(
            f'{folder / name}_positions.npy is {positions_m.shape}; give finite (N, 2) or (N, 3)'
        )
    headings = folder / f'{name}_headings.npy'
    if not headings.is_file():
        return ViewPoses(positions_m, np.full(len(positions_m), np.nan))
    headings_rad: FloatArray = _load(headings, (1,)).astype(np.float64)
    if len(headings_rad) != len(positions_m):
        raise ConfigError(f'{headings} has {len(headings_rad)} rows, not {len(positions_m)}')
    return ViewPoses(positions_m, headings_rad)


def _load(path: Path, ndims: tuple[int, ...]) -> NDArray[np.floating]:
    if not path.is_file():
        raise ConfigError(f'{path} is missing; see avpr evaluate --help')
    with reading(path, ConfigError, 'store it again'):
        # Mapped, so that its header cannot claim more memory than the file has bytes.
        array = np.load(path, mmap_mode='r', allow_pickle=False)
        if not isinstance(array, np.ndarray):
            raise ValueError('it is no npy file')
    if array.ndim not in ndims or array.dtype.kind not in 'fiu' or not len(array):
        raise ConfigError(f'{path} is {array.dtype} {array.shape}; numbers of N images are needed')
    return np.array(array)
