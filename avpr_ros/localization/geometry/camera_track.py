# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The tracks of a camera: what its images have accumulated, by kinds of local features."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import FloatArray, IntArray
from avpr_ros.gallery.local_features.landmarks import Landmarks
from avpr_ros.verification.place_likelihood import PlaceLikelihoods
from avpr_ros.verification.place_tracker import PlaceTracker, TrackedPlace
from avpr_ros.verification.running_weights import RunningWeights


@dataclass(eq=False)
class Trackers:
    """What a camera's images have accumulated.

    Attributes:
        mixed: by all kinds of features.
        first_kind: by the first kind alone; None where there is no other.
    """

    mixed: PlaceTracker
    first_kind: PlaceTracker | None

    @classmethod
    def of_map(cls, landmarks: Landmarks, radius_m: float) -> Trackers:
        """Return the trackers of a camera at the start, for places of a radius."""
        first = landmarks.first_kind_floor
        return cls(
            PlaceTracker(landmarks.floor, radius_m),
            None if first is None else PlaceTracker(first, radius_m),
        )

    def forget(self) -> None:
        """Begin anew."""
        for tracker in self:
            tracker.forget()

    def __iter__(self) -> Iterator[PlaceTracker]:
        """Iterate over those that there are."""
        yield self.mixed
        if self.first_kind is not None:
            yield self.first_kind


@dataclass(frozen=True, eq=False)
class Track:
    """The track of a camera so far.

    Attributes:
        trackers: of the log-likelihood ratios along it.
        weights: of the kinds of features in its light.
        stamp_ns: of the last image.
    """

    trackers: Trackers
    weights: RunningWeights
    stamp_ns: int


@dataclass(frozen=True, eq=False)
class CandidatePlaces:
    """Candidates of an image: rows, (n, n) which show one place, positions; and the reach."""

    rows: IntArray
    same: NDArray[np.bool_]
    positions_m: FloatArray
    reach_m: float


def follow(
    tracker: PlaceTracker, likelihoods: PlaceLikelihoods, places: CandidatePlaces, stamp_ns: int
) -> TrackedPlace:
    """Add an image to a track."""
    return tracker.follow(likelihoods, places.same, places.positions_m, places.reach_m, stamp_ns)
