# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Common form of all datasets: images on disk with the positions where they were taken."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import FloatArray, IntArray, RgbImage
from avpr_ros.errors import SourceError
from avpr_ros.sources.images.decode import decode_file

IMAGE_SUFFIXES = ('.jpg', '.jpeg', '.png')


@dataclass(frozen=True, eq=False)
class LabelledImages:
    """N images of one or more cities; image i is row i of every array.

    Attributes:
        name: short name of the dataset for reports.
        paths: the files; all existed when the dataset was opened.
        city_names: names of the cities; one, the dataset's own, where it has none.
        cities: (N,) index into ``city_names``.
        positions_m: (N, 2) east and north in the UTM grid of the city.
        headings_rad: (N,) yaw of the view about up, 0 = east, anticlockwise; NaN: unknown.
        labels: (N,) place of each image, unique over all cities; -1: the dataset names none.
        dates: (N,) ``datetime64[D]``, the day or the first day of the month; NaT: unknown.
    """

    name: str
    paths: tuple[Path, ...]
    city_names: tuple[str, ...]
    cities: IntArray
    positions_m: FloatArray
    headings_rad: FloatArray
    labels: IntArray
    dates: NDArray[np.datetime64]

    def __len__(self) -> int:
        return len(self.paths)

    @property
    def has_labels(self) -> bool:
        """Whether the dataset has place labels for all images."""
        return bool((self.labels >= 0).all())

    def read(self, row: int) -> RgbImage:
        """Decode one image to (H, W, 3) uint8 RGB.

        Raises:
            ImageDecodeError: the file is gone, damaged or no JPEG or PNG; the text names it.
        """
        return decode_file(self.paths[row])

    def subset(self, rows: IntArray) -> LabelledImages:
        """Return a dataset of (R,) rows with the same labels."""
        return replace(
            self,
            paths=tuple(self.paths[int(row)] for row in rows),
            cities=self.cities[rows],
            positions_m=self.positions_m[rows],
            headings_rad=self.headings_rad[rows],
            labels=self.labels[rows],
            dates=self.dates[rows],
        )


def join(name: str, parts: Sequence[LabelledImages]) -> LabelledImages:
    """Put the cities of a dataset together; labels of each are moved past those before.

    Args:
        name: of the whole.
        parts: at least one, each of one city.
    """
    moved, offset = [], 0
    for part in parts:
        moved.append(np.where(part.labels < 0, -1, part.labels + offset))
        offset += int(part.labels.max(initial=-1)) + 1
    return LabelledImages(
        name,
        tuple(path for part in parts for path in part.paths),
        tuple(part.city_names[0] for part in parts),
        np.repeat(np.arange(len(parts)), [len(part) for part in parts]),
        np.concatenate([part.positions_m for part in parts]),
        np.concatenate([part.headings_rad for part in parts]),
        np.concatenate(moved).astype(np.int64),
        np.concatenate([part.dates for part in parts]),
    )


def yaw_from_compass(degrees: FloatArray) -> FloatArray:
    """Carry degrees clockwise from north to radians anticlockwise from east, in (-pi, pi]."""
    yaw = np.pi / 2 - np.radians(degrees)
    return np.asarray(np.arctan2(np.sin(yaw), np.cos(yaw)))


def images_in(folder: Path) -> dict[str, Path]:
    """List the images of one folder by file name, with one directory listing.

    Raises:
        SourceError: the folder is missing or cannot be read.
    """
    try:
        with os.scandir(folder) as entries:
            names = sorted(
                e.name for e in entries if Path(e.name).suffix.lower() in IMAGE_SUFFIXES
            )
    except OSError as error:
        raise SourceError(
            f'Image folder {folder} cannot be read: {error.strerror}. Unpack the images of the '
            'dataset there.'
        ) from error
    return {name: folder / name for name in names if name.lower().endswith(IMAGE_SUFFIXES)}


def require_images(
    found: Sequence[Path | None], what: Callable[[int], str], where: Mapping[int, str]
) -> tuple[Path, ...]:
    """Return the paths of all images; an error names the first missing image and its row.

    Args:
        found: N paths; None where the image is missing.
        what: returns the name of the image of a row.
        where: file and line of a row, by row.

    Raises:
        SourceError: an image is missing.
    """
    missing = [row for row, path in enumerate(found) if path is None]
    if missing:
        first = missing[0]
        raise SourceError(
            f'{len(missing)} of {len(found)} images are missing, the first is {what(first)}, '
            f'listed in {where[first]}: unpack all images of the dataset, or remove their rows.'
        )
    return tuple(path for path in found if path is not None)
