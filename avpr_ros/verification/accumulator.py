# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Log-likelihood ratios of places, accumulated along a track of images."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
import math

import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import FloatArray, IntArray
from avpr_ros.verification.place_likelihood import PlaceLikelihoods

#: Candidate keyframes that an image's local features are compared with.
CANDIDATES = 20
#: At most this many of them are taken from the neighbourhood of the last match, whether or not
#: retrieval found them.
_TRACKED = 6
#: Segments of the track that are accumulated, the last ones.
_MAX_SEGMENTS = 20
#: Length of a segment in parts of a place's radius: up to the next keyframe.
_SEGMENT_RADII = 0.3
#: Part of the accumulated log-likelihood ratio that a place in reach has as prior: the errors of
#: successive images are correlated.
_PRIOR_WEIGHT = 0.5


@dataclass(frozen=True, eq=False)
class SequenceUpdate:
    """The candidate that a track is continued with.

    Attributes:
        candidate: number of the keyframe, among the candidates.
        members: (m,) numbers of all candidates of its place, the most similar first.
        llr: log-likelihood ratio of the place for this image alone, in nats.
        accumulated_llr: sum over the track with this image, in nats above the background.
    """

    candidate: int
    members: IntArray
    llr: float
    accumulated_llr: float


class LikelihoodAccumulator:
    """Accumulates the log-likelihood ratios of the places along one track.

    Each image adds what it exceeds the background level by, so that a drive past look-alikes
    accumulates nothing. Images of one segment show the same things; they count once, by the best
    of them, however many they are.

    Attributes:
        background_llr: exceeded by one impostor image in twenty, in nats.
    """

    def __init__(self, background_llr: float, radius_m: float) -> None:
        """Begin without a past.

        Args:
            background_llr: exceeded by one impostor image in twenty, in nats.
            radius_m: radius of a place.
        """
        self.background_llr = background_llr
        self._segment_length_m = _SEGMENT_RADII * radius_m
        self._radius_m = radius_m
        self._segments: deque[tuple[FloatArray, float]] = deque(maxlen=_MAX_SEGMENTS)
        self._last_m: FloatArray | None = None
        self._unmatched_m = 0.0

    def forget(self) -> None:
        """Begin anew."""
        self._segments.clear()
        self._last_m, self._unmatched_m = None, 0.0

    @property
    def last_m(self) -> FloatArray | None:
        """Position of the last match, (3,); None at the beginning.

        An image at the background level matches no place in particular: it does not move the
        track, or a few of them would lead it anywhere.
        """
        return self._last_m

    def reach_m(self, reach_m: float) -> float:
        """Return how far from the last match the next image may be.

        Args:
            reach_m: distance the robot may have driven since the last image, plus a place's
                radius.
        """
        return reach_m + self._unmatched_m

    def near(self, positions_m: FloatArray, reach_m: float) -> NDArray[np.bool_]:
        """Return which of (n, 3) positions lie within reach of the last match."""
        if self._last_m is None:
            return np.zeros(len(positions_m), dtype=np.bool_)
        distances_m = np.linalg.norm(positions_m - self._last_m, axis=1)
        return np.asarray(distances_m <= self.reach_m(reach_m))

    def prior_llr(self, positions_m: FloatArray, reach_m: float) -> FloatArray:
        """Return the prior of (n, 3) positions before the next image, in nats; (n,)."""
        accumulated = max(sum(excess for _, excess in self._segments), 0.0)
        return np.where(self.near(positions_m, reach_m), _PRIOR_WEIGHT * accumulated, 0.0)

    def follow(
        self,
        likelihoods: PlaceLikelihoods,
        same_place: NDArray[np.bool_],
        positions_m: FloatArray,
        reach_m: float,
        allowed: NDArray[np.bool_] | None = None,
    ) -> SequenceUpdate:
        """Choose the place of an image by its likelihoods and the prior, and add it to the track.

        Args:
            likelihoods: of n candidates.
            same_place: (n, n) whether two candidates show one place.
            positions_m: (n, 3) of the candidates.
            reach_m: as for ``add``.
            allowed: (n,) candidates that may be chosen, one at least; None: all.
        """
        selectable: NDArray[np.bool_] = np.ones(len(positions_m), np.bool_)
        if allowed is not None:
            selectable = allowed
        scores = likelihoods.llr_place + self.prior_llr(positions_m, reach_m)
        place = int(np.where(selectable, scores, -np.inf).argmax())
        members = np.flatnonzero(same_place[place] & selectable)
        candidate, llr = likelihoods.best_keyframe(members), float(likelihoods.llr_place[place])
        accumulated_llr = self.add(positions_m[candidate], llr, reach_m)
        return SequenceUpdate(candidate, members, llr, accumulated_llr)

    def add(self, position_m: FloatArray, llr: float, reach_m: float) -> float:
        """Add an image, and return the accumulated log-likelihood ratio with it, in nats.

        Args:
            position_m: (3,) of the place that it is matched with; out of reach a new track begins.
            llr: log-likelihood ratio of that place, in nats.
            reach_m: distance the robot may have driven since the last image, plus a place's
                radius.
        """
        if not self.near(position_m[np.newaxis], reach_m)[0]:
            self.forget()
        elsewhere = self._unmatched_m > 0 and self._apart_m(position_m) > self._radius_m
        matched = self._last_m is None or llr > self.background_llr + self._spread_llr()
        if matched:
            self._last_m, self._unmatched_m = position_m, 0.0
        else:
            self._unmatched_m += max(reach_m - self._radius_m, 0.0)
        before = self._before(position_m)
        here = [excess for at_m, excess in self._segments if not self._far(at_m, position_m)]
        best = max([llr - self.background_llr, *here])
        # A negative sum of earlier images is dropped instead of counting against this one.
        others = [segment for segment in self._segments if self._far(segment[0], position_m)]
        kept = others if before else []
        self._segments = deque([*kept, (position_m, best)], maxlen=_MAX_SEGMENTS)
        if llr > self.background_llr and (elsewhere or not matched):
            # What was seen before a way without matches does not show which of the places in
            # reach this is; the next image does.
            return llr - self.background_llr
        return before + best

    def _spread_llr(self) -> float:
        """Return by how much a place must exceed the background after a way without matches.

        The log of how many times as many places are in reach: each is as much less probable.
        """
        return math.log1p(self._unmatched_m / self._radius_m)

    def _apart_m(self, position_m: FloatArray) -> float:
        """Return the distance from the last match; 0 without one."""
        return 0.0 if self._last_m is None else float(np.linalg.norm(position_m - self._last_m))

    def _before(self, position_m: FloatArray) -> float:
        """Return the sum over the other segments, 0 where it is negative."""
        others = (excess for at_m, excess in self._segments if self._far(at_m, position_m))
        return max(sum(others), 0.0)

    def _far(self, a_m: FloatArray, b_m: FloatArray) -> bool:
        return bool(np.linalg.norm(a_m - b_m) >= self._segment_length_m)


def merge_candidates(found: IntArray, near: IntArray) -> IntArray:
    """Return the candidate rows of an image, each once.

    Args:
        found: (f,) rows that retrieval found, the most similar first.
        near: (k,) rows in reach of the last match, the most similar first.
    """
    kept = found[: CANDIDATES - _TRACKED]
    tracked = near[~np.isin(near, kept)][:_TRACKED]
    rest = found[len(kept) :]
    return np.concatenate([kept, tracked, rest[~np.isin(rest, tracked)]])[:CANDIDATES]
