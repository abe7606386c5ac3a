# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Similarity between distinct places of one map: perceptual aliasing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import FloatArray, IntArray
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.gallery.places import (
    DISTINCT_ANGLE_RAD,
    PlaceCriterion,
    default_distinct_radius_m,
    unit_pose_rows,
)

_MOST_ROWS = 2000
_BLOCK = 256


@dataclass(frozen=True, eq=False)
class SelfSimilarity:
    """Each keyframe against its own place and against all others.

    Attributes:
        criterion: by which two keyframes show distinct places, the matcher's.
        rows: (K,) the compared keyframes; all of them, or an even sample.
        same: (K,) similarity to the most similar other keyframe of the same place; NaN where
            there is none.
        neighbour: (K,) the row of that keyframe; -1 where there is none.
        other: (K,) similarity to the most similar keyframe of another place; NaN where the map
            has one place only.
        look_alike: (K,) the row of that keyframe; -1 where there is none.
    """

    criterion: PlaceCriterion
    rows: IntArray
    same: FloatArray
    neighbour: IntArray
    other: FloatArray
    look_alike: IntArray

    @property
    def radius_m(self) -> float:
        """Largest distance within a place."""
        return self.criterion.radius_m

    @property
    def aliased_share(self) -> float:
        """Share of keyframes that look more like another place than like their neighbours."""
        known = np.isfinite(self.same) & np.isfinite(self.other)
        return float(np.mean(self.other[known] >= self.same[known])) if known.any() else 0.0

    def worst_pairs(self, count: int) -> list[tuple[int, int, float]]:
        """Return the most alike pairs of different places as (row, row, similarity).

        Each place is named once: a pair is left out when both its rows lie within ten rows of
        those of a pair already named.
        """
        pairs: list[tuple[int, int, float]] = []
        for i in np.argsort(-np.nan_to_num(self.other, nan=-np.inf), kind='stable'):
            a, b = sorted((int(self.rows[i]), int(self.look_alike[i])))
            if a < 0 or len(pairs) == count:
                break
            if all(abs(a - c) > 10 or abs(b - d) > 10 for c, d, _ in pairs):
                pairs.append((a, b, float(self.other[i])))
        return pairs


def self_similarity(gallery: GalleryMap) -> SelfSimilarity:
    """Compare the keyframes of a map with one another, at most 2,000 of them with all."""
    criterion = PlaceCriterion(default_distinct_radius_m(gallery), DISTINCT_ANGLE_RAD)
    poses = unit_pose_rows(gallery.keyframes.poses)
    count = len(gallery)
    rows = np.unique(np.linspace(0, count - 1, min(count, _MOST_ROWS)).round().astype(np.int64))
    same, other = np.full(len(rows), np.nan), np.full(len(rows), np.nan)
    neighbour, look_alike = (np.full(len(rows), -1, dtype=np.int64) for _ in range(2))
    stored = gallery.read_descriptors().astype(np.float32)
    for start in range(0, len(rows), _BLOCK):
        block = rows[start : start + _BLOCK]
        for i, scores in enumerate(stored[block] @ stored.T, start=start):
            row = int(rows[i])
            distinct = criterion.distinct(poses[row], poses)
            if distinct.any():
                look_alike[i] = _best(scores, distinct)
                other[i] = scores[look_alike[i]]
            near = ~distinct
            near[row] = False
            if near.any():
                neighbour[i] = _best(scores, near)
                same[i] = scores[neighbour[i]]
    return SelfSimilarity(criterion, rows, same, neighbour, other, look_alike)


def _best(scores: NDArray[np.float32], allowed: NDArray[np.bool_]) -> int:
    return int(np.argmax(np.where(allowed, scores, -np.inf)))
