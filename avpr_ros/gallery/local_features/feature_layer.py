# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The local features of one kind of all keyframes, with their points in space."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from avpr_ros.arrays import AnyArray, FloatArray, IntArray
from avpr_ros.gallery.file_array import StoredArray
from avpr_ros.gallery.local_features.features import FeatureKind, Features

_COLUMNS = 'offsets', 'points_px', 'descriptors', 'points_m'


@dataclass(frozen=True, eq=False)
class FeatureLayer:
    """Features of all keyframes, one after the other; those of a map on disk stay in its file.

    Attributes:
        kind: of the features.
        offsets: (N + 1,) int64; keyframe row r has the features ``offsets[r]`` to
            ``offsets[r + 1]``.
        points_px: (F, 2) float32, in pixels of the keyframe's image.
        descriptors: (F, stored_width) of the kind's stored type, see ``FeatureKind.pack``.
        points_m: (F, 3) float32 in the map frame; NaN where only the image is known.
        background_llr: log-likelihood ratio by this kind alone that one impostor image in twenty
            exceeds, in nats.
        llr_scale: mean excess of those, in nats: large where places look alike to this kind.
        weight: prior probability that this kind is the informative one, 0 to 1; 0 where its
            thresholds are not known, so that it gives poses alone.
    """

    kind: FeatureKind
    offsets: IntArray
    points_px: StoredArray
    descriptors: StoredArray
    points_m: StoredArray
    background_llr: float = 0.0
    llr_scale: float = 1.0
    weight: float = 1.0

    @classmethod
    def from_features(cls, features: Sequence[Features], kind: FeatureKind) -> FeatureLayer:
        """Store the features of N keyframes, in the order of their rows, without points."""
        counts = [len(image) for image in features]
        empty = Features.empty(kind)
        return cls(
            kind,
            np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
            np.concatenate([empty.points_px, *(image.points_px for image in features)]),
            kind.pack(
                np.concatenate([empty.descriptors, *(image.descriptors for image in features)])
            ),
            np.full((sum(counts), 3), np.nan, np.float32),
        )

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @cached_property
    def measurable(self) -> bool:
        """Whether some of a thousand features have points in space."""
        some = self.points_m[:: max(1, len(self.points_m) // 1000), 0]
        return bool(np.isfinite(some).any())

    def feature_slice(self, row: int) -> slice:
        """Return the slice of a keyframe's features."""
        return slice(int(self.offsets[row]), int(self.offsets[row + 1]))

    def features(self, row: int) -> Features:
        """Return a keyframe's features."""
        where = self.feature_slice(row)
        return Features(self.points_px[where], self.descriptors_at(where), self.kind)

    def descriptors_at(self, index: slice | IntArray) -> AnyArray:
        """Return (k, width) descriptors of some features."""
        return self.kind.unpack(self.descriptors[index])

    def landmarks_of(self, rows: IntArray) -> tuple[IntArray, FloatArray]:
        """Return the indices of the features of some keyframes with points, and (k, 3) these."""
        index = np.concatenate([np.zeros(0, np.int64), *self._spans(rows)])
        points_m = self.points_m[index].astype(np.float64)
        known = np.isfinite(points_m[:, 0])
        return index[known], points_m[known]

    def _spans(self, rows: IntArray) -> list[IntArray]:
        """Return the indices of the features of each of some keyframes."""
        slices = [self.feature_slice(int(row)) for row in rows]
        return [np.arange(where.start, where.stop, dtype=np.int64) for where in slices]

    def points_of(self, row: int) -> FloatArray:
        """Return (k, 3) points in space of a keyframe's features, NaN rows left out."""
        points_m = self.points_m[self.feature_slice(row)]
        return np.asarray(points_m[np.isfinite(points_m[:, 0])])

    def select(self, rows: IntArray) -> FeatureLayer:
        """Return the layer of (n,) keyframe rows, in their order; a row may occur again."""
        spans = self._spans(rows)
        index = np.concatenate([np.zeros(0, np.int64), *spans])
        return replace(
            self,
            offsets=np.concatenate([[0], np.cumsum([len(span) for span in spans])]).astype(
                np.int64
            ),
            points_px=self.points_px[index],
            descriptors=self.descriptors[index],
            points_m=self.points_m[index],
        )

    def columns(self) -> dict[str, AnyArray]:
        """Return the arrays to store, by name."""
        stored = {name: np.ascontiguousarray(getattr(self, name)) for name in _COLUMNS}
        return {
            f'{self.kind.name}_{name}': column
            for name, column in (*stored.items(), ('fusion', np.array(self._fusion)))
        }

    @classmethod
    def from_columns(cls, columns: Mapping[str, StoredArray], kind: FeatureKind) -> FeatureLayer:
        """Take the stored arrays of a kind; raises ``KeyError`` where one is missing."""
        offsets, points_px, descriptors, points_m = (
            columns[f'{kind.name}_{name}'] for name in _COLUMNS
        )
        background_llr, llr_scale, weight = np.asarray(columns[f'{kind.name}_fusion']).tolist()
        return cls(
            kind,
            np.asarray(offsets),
            points_px,
            descriptors,
            points_m,
            background_llr=background_llr,
            llr_scale=llr_scale,
            weight=weight,
        )

    @property
    def _fusion(self) -> tuple[float, float, float]:
        return self.background_llr, self.llr_scale, self.weight

    def sound(self, keyframes: int) -> bool:
        """Return whether shapes, types and numbers are those of a layer of so many keyframes."""
        count = len(self.descriptors)
        return (
            self.offsets.shape == (keyframes + 1,)
            and self.offsets.dtype == np.int64
            and self.offsets[0] == 0
            and self.offsets[-1] == count
            and bool((np.diff(self.offsets) >= 0).all())
            and self.points_px.shape == (count, 2)
            and self.points_px.dtype == self.points_m.dtype == np.float32
            and self.descriptors.shape == (count, self.kind.stored_width)
            and self.descriptors.dtype == self.kind.stored_dtype
            and self.points_m.shape == (count, 3)
            and self.background_llr >= 0
            and 0 < self.llr_scale < np.inf
            and 0 <= self.weight <= 1
        )
