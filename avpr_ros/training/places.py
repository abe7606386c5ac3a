# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Places: keyframes of one cell and heading, and which others are too near to be negatives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
import math

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from avpr_ros.arrays import FloatArray, IntArray
from avpr_ros.errors import ConfigError
from avpr_ros.gallery.keyframes import Keyframes


@dataclass(frozen=True, eq=False)
class Places:
    """A partition of keyframes.

    Attributes:
        labels: (N,) int64, place of each keyframe, 0 to M-1.
        exclusion_offsets: (M + 1,) int64; the places that are no negatives of place m, m itself
            among them, are ``exclusion_members[offsets[m]:offsets[m + 1]]``.
        exclusion_members: int64 place numbers, ascending within a place.
        cell_m: side of a grid cell; 0 where labels made the places.
        exclusion_m: distance of centres within which a place of similar heading is excluded.
    """

    labels: IntArray
    exclusion_offsets: IntArray
    exclusion_members: IntArray
    cell_m: float
    exclusion_m: float

    @property
    def count(self) -> int:
        """Number of places M."""
        return len(self.exclusion_offsets) - 1

    def excluded(self, place: int) -> IntArray:
        """Return the places that are no negatives of one place, itself among them."""
        start, end = self.exclusion_offsets[place : place + 2]
        return self.exclusion_members[start:end]

    def exclusion_mask(self, places: IntArray) -> NDArray[np.bool_]:
        """Return (B, M): true where place m is no negative of the b-th place."""
        mask = np.zeros((len(places), self.count), dtype=np.bool_)
        for row, place in enumerate(places):
            mask[row, self.excluded(int(place))] = True
        return mask


@dataclass(frozen=True)
class PlaceSettings:
    """How keyframes become places.

    Attributes:
        cell_m: side of a cell; None for twice the typical distance between keyframes, which puts
            about two of a straight drive in one place.
        heading_sectors: into how many sectors the heading is divided, 1 or more.
        exclusion_cells: places whose centres are within this many cells of each other, and whose
            headings differ by less than ``exclusion_rad``, are never negatives of each other.
        exclusion_rad: largest difference of heading of such places; a camera facing the opposite
            direction sees another place.
    """

    cell_m: float | None = None
    heading_sectors: int = 6
    exclusion_cells: float = 1.5
    exclusion_rad: float = math.radians(90)

    def __post_init__(self) -> None:
        """Check every value; raises ``ConfigError``."""
        if self.cell_m is not None and not (math.isfinite(self.cell_m) and self.cell_m > 0):
            raise ConfigError(f'cell_m is {self.cell_m}; use a length above 0')
        if self.heading_sectors < 1:
            raise ConfigError(f'heading_sectors is {self.heading_sectors}; use 1 or more')


def places_of(keyframes: Keyframes, settings: PlaceSettings) -> Places:
    """Take the places that a dataset names (GSV-Cities), or else make them of the poses."""
    if keyframes.places is not None:
        return places_from_labels(keyframes.places)
    return places_from_poses(keyframes, settings)


def places_from_poses(keyframes: Keyframes, settings: PlaceSettings) -> Places:
    """Divide keyframes by position grid and heading.

    Args:
        keyframes: N rows with poses in one map frame, metres.
        settings: cell size, sectors, exclusion.

    Returns:
        Places numbered in the order of grid cells.
    """
    positions = keyframes.poses[:, :3]
    headings = keyframes.headings_rad()
    cell_m = settings.cell_m or _typical_cell_m(keyframes)
    cells = np.floor((positions - positions.min(axis=0)) / cell_m).astype(np.int64)
    sector = np.round(headings / (2 * np.pi) * settings.heading_sectors).astype(np.int64)
    keys = np.column_stack([cells, sector % settings.heading_sectors])
    _, labels = np.unique(keys, axis=0, return_inverse=True)
    labels = labels.reshape(-1)
    exclusion_m = settings.exclusion_cells * cell_m
    offsets, members = _exclusions(
        _means(positions, labels),
        _mean_angles(headings, labels),
        exclusion_m,
        settings.exclusion_rad,
    )
    return Places(labels, offsets, members, cell_m, exclusion_m)


def places_from_labels(labels: IntArray) -> Places:
    """Make places of (N,) labels, whatever numbers they are; each excludes only itself."""
    _, numbers = np.unique(labels, return_inverse=True)
    numbers = numbers.reshape(-1).astype(np.int64)
    own = np.arange(int(numbers.max()) + 1, dtype=np.int64)
    return Places(numbers, np.append(own, len(own)), own, cell_m=0.0, exclusion_m=0.0)


def join_places(parts: Sequence[Places]) -> Places:
    """Put the places of several maps one after the other; those of different maps are negatives.

    Args:
        parts: at least one; the lengths of the first are kept.
    """
    places = np.cumsum([0, *(part.count for part in parts)])
    members = np.cumsum([0, *(len(part.exclusion_members) for part in parts)])
    offsets = [
        part.exclusion_offsets[:-1] + start for part, start in zip(parts, members, strict=False)
    ]
    return Places(
        np.concatenate([p.labels + n for p, n in zip(parts, places, strict=False)]),
        np.append(np.concatenate(offsets), members[-1]),
        np.concatenate([p.exclusion_members + n for p, n in zip(parts, places, strict=False)]),
        parts[0].cell_m,
        parts[0].exclusion_m,
    )


def _typical_cell_m(keyframes: Keyframes) -> float:
    """Return twice the median step that is not a turn on the spot; one metre without any."""
    steps = keyframes.steps_m()
    moving = steps[steps > 1e-3]
    return 2 * float(np.median(moving)) if len(moving) else 1.0


def _means(values: FloatArray, labels: IntArray) -> FloatArray:
    sums = np.zeros((int(labels.max()) + 1, values.shape[1]))
    np.add.at(sums, labels, values)
    return np.asarray(sums / np.bincount(labels)[:, np.newaxis])


def _mean_angles(angles: FloatArray, labels: IntArray) -> FloatArray:
    means = _means(np.column_stack([np.cos(angles), np.sin(angles)]), labels)
    return np.asarray(np.arctan2(means[:, 1], means[:, 0]))


def _exclusions(
    centres: FloatArray, headings: FloatArray, radius_m: float, angle_rad: float
) -> tuple[IntArray, IntArray]:
    """List, place by place, itself and the near places of similar heading, in CSR form."""
    pairs = cKDTree(centres).query_pairs(radius_m, output_type='ndarray')
    difference = headings[pairs[:, 0]] - headings[pairs[:, 1]]
    similar = np.cos(difference) > math.cos(angle_rad) - 1e-9
    near = pairs[similar].astype(np.int64)
    own = np.repeat(np.arange(len(centres))[:, np.newaxis], 2, axis=1)
    both = np.concatenate([own, near, near[:, ::-1]])
    both = both[np.lexsort((both[:, 1], both[:, 0]))]
    counts = np.bincount(both[:, 0], minlength=len(centres))
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64), both[:, 1]
