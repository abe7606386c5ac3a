# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The floors of the tower, and a map without some of them, as if they had never been driven."""

from __future__ import annotations

from collections.abc import Iterator
import csv
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import IntArray
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.gallery.hog import HogDescriptors
from avpr_ros.gallery.index.faiss_index import GalleryIndex
from avpr_ros.gallery.keyframes import Keyframes
from avpr_ros.gallery.local_features.landmarks import Landmarks
from avpr_ros.localization.result import MatchResult
from benchmarks.precision_drive import Drive
from benchmarks.precision_sets import APART_M
from benchmarks.results import require_data


@dataclass(frozen=True, eq=False)
class PartOfMap(GalleryMap):
    """Some rows of a map; what was learned of the whole map stays."""

    kept: Landmarks | None = None
    kept_hog: HogDescriptors | None = None

    def landmarks(self) -> Landmarks | None:
        """Return the landmarks of the rows that are left."""
        return self.kept

    def hog(self) -> HogDescriptors | None:
        """Return the HOG descriptors of the rows that are left."""
        return self.kept_hog


def part_of(gallery: GalleryMap, rows: IntArray) -> PartOfMap:
    """Return the map with only the given rows."""
    frames = gallery.keyframes
    names = ('ids', 'stamps_ns', 'sessions', 'cameras', 'poses')
    keyframes = Keyframes(**{name: getattr(frames, name)[rows] for name in names})
    descriptors = np.asarray(gallery.descriptors[rows])
    whole, hog = gallery.landmarks(), gallery.hog()
    return PartOfMap(
        gallery.path,
        gallery.manifest,
        descriptors,
        keyframes,
        GalleryIndex.build(descriptors),
        None if whole is None else _landmarks_of(whole, rows),
        None if hog is None else replace(hog, rows=hog.rows[rows]),
        files=gallery.files,
    )


def _landmarks_of(whole: Landmarks, rows: IntArray) -> Landmarks:
    return replace(whole, layers=tuple(layer.select(rows) for layer in whole.layers))


def floors_of(positions_m: NDArray[np.float64]) -> list[str]:
    """Return the floor of the office tower at each (N, 3) position of ``ietower``."""
    with (require_data('ietower') / 'frames.csv').open(encoding='utf-8') as stream:
        rows = list(csv.DictReader(stream))
    clips = list(dict.fromkeys(row['clip'] for row in rows))
    floor_of_clip = {row['clip']: row['floor'] for row in rows}
    numbers = np.round(positions_m[:, 1] / APART_M).astype(int)
    return [floor_of_clip[clips[number]] for number in numbers]


def without_each(
    gallery: GalleryMap, queries_m: NDArray[np.float64]
) -> Iterator[tuple[str, PartOfMap, IntArray]]:
    """Yield for each floor its name, the map without it, and which queries are on it."""
    mapped = np.array(floors_of(gallery.keyframes.poses[:, :3]))
    asked = np.array(floors_of(queries_m))
    for floor in np.unique(asked):
        rows = np.flatnonzero(mapped != floor).astype(np.int64)
        yield str(floor), part_of(gallery, rows), np.flatnonzero(asked == floor).astype(np.int64)


def wrong_floors(results: list[MatchResult], drive: Drive) -> dict[str, object]:
    """Count the accepted matches on another floor of the tower than the query's."""
    accepted = [i for i, result in enumerate(results) if result.accepted]
    places = np.array([results[i].candidates[0].map_from_base.translation_m for i in accepted])
    truth = np.array([drive.truth[i].translation_m for i in accepted])
    floors = [floors_of(side.reshape(-1, 3)) for side in (places, truth)]
    wrong = sum(found != true for found, true in zip(*floors, strict=True))
    return {'wrong_floor_accepted': wrong}
