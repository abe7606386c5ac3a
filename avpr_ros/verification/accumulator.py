# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Evidence that adds up along a way."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import FloatArray, IntArray
from avpr_ros.verification.place_likelihood import PlaceLikelihoods

#: Candidate keyframes that an image's corners are compared with.
CANDIDATES = 20
#: So many of them are near where the image before led, whether or not the search found them.
_TRACKED = 6
#: Stretches of the way that count, the last ones.
_STRETCHES = 20
#: Places nearer to each other than this, in parts of a place's radius, are of one stretch: up to
#: the next keyframe.
_STRETCH_RADII = 0.3
#: Part of the evidence so far that a place near the last one has before an image is looked at: the
#: errors of images that follow each other are alike.
_LENT = 0.5


@dataclass(frozen=True, eq=False)
class SequenceUpdate:
    """The candidate that a trail leads on to.

    Attributes:
        number: of the keyframe, among the candidates.
        members: (m,) numbers of all candidates of its place, the most similar first.
        evidence: of the image alone for the place, in nats.
        carried: of the way with this image, in nats above the ordinary.
    """

    number: int
    members: IntArray
    evidence: float
    carried: float


class LikelihoodAccumulator:
    """Where the images of a way led, and what they say together.

    Each image counts with what it has more than images from outside the map often get, so that a
    walk past look-alikes gathers nothing. Images of one stretch show the same things and count
    once, by the best of them, however many there are of it.

    Attributes:
        ordinary: evidence in nats that images from outside the map often get.
    """

    def __init__(self, ordinary: float, radius_m: float) -> None:
        """Begin without a past.

        Args:
            ordinary: evidence in nats that images from outside the map often get.
            radius_m: beyond this distance another place begins.
        """
        self.ordinary = ordinary
        self._stretch_m = _STRETCH_RADII * radius_m
        self._told: deque[tuple[FloatArray, float]] = deque(maxlen=_STRETCHES)

    def forget(self) -> None:
        """Begin anew."""
        self._told.clear()

    @property
    def last_m(self) -> FloatArray | None:
        """Where the last image led, (3,); None at the beginning."""
        return self._told[-1][0] if self._told else None

    def near(self, positions_m: FloatArray, reach_m: float) -> NDArray[np.bool_]:
        """Tell which of (n, 3) places can be reached from where the last image led."""
        if self.last_m is None:
            return np.zeros(len(positions_m), dtype=np.bool_)
        apart_m = np.linalg.norm(positions_m - self.last_m, axis=1)
        return np.asarray(apart_m <= reach_m)

    def lent(self, positions_m: FloatArray, reach_m: float) -> FloatArray:
        """Return what (n, 3) places have before an image is looked at, in nats; (n,)."""
        so_far = max(sum(excess for _, excess in self._told), 0.0)
        return np.where(self.near(positions_m, reach_m), _LENT * so_far, 0.0)

    def follow(
        self,
        evidence: PlaceLikelihoods,
        same_place: NDArray[np.bool_],
        positions_m: FloatArray,
        reach_m: float,
        allowed: NDArray[np.bool_] | None = None,
    ) -> SequenceUpdate:
        """Take in an image by what it says of n candidates, and what was before.

        Args:
            evidence: of the image.
            same_place: (n, n) whether two candidates show one place.
            positions_m: (n, 3) of the candidates.
            reach_m: as for ``add``.
            allowed: (n,) candidates that may be taken, one at least; None: all.
        """
        open_to: NDArray[np.bool_] = np.ones(len(positions_m), np.bool_)
        if allowed is not None:
            open_to = allowed
        scores = evidence.llr_place + self.lent(positions_m, reach_m)
        place = int(np.where(open_to, scores, -np.inf).argmax())
        members = np.flatnonzero(same_place[place] & open_to)
        number, own = evidence.best_keyframe(members), float(evidence.llr_place[place])
        return SequenceUpdate(number, members, own, self.add(positions_m[number], own, reach_m))

    def add(self, position_m: FloatArray, evidence: float, reach_m: float) -> float:
        """Take in an image, and return the evidence of the way with it, in nats.

        Args:
            position_m: (3,) of the place that it leads to; out of reach a new way begins.
            evidence: of the image for it, in nats.
            reach_m: how far the robot may have come since the last image, and a place's radius.
        """
        if not self.near(position_m[np.newaxis], reach_m)[0]:
            self.forget()
        before = self._before(position_m)
        here = [told for at_m, told in self._told if not self._far(at_m, position_m)]
        best = max([evidence - self.ordinary, *here])
        # Images that spoke against their places are forgotten, not held against this one.
        others = [told for told in self._told if self._far(told[0], position_m)] if before else []
        self._told = deque([*others, (position_m, best)], maxlen=_STRETCHES)
        return before + best

    def _before(self, position_m: FloatArray) -> float:
        """Return the evidence of the other stretches, where it speaks for the way."""
        return max(sum(excess for at_m, excess in self._told if self._far(at_m, position_m)), 0.0)

    def _far(self, a_m: FloatArray, b_m: FloatArray) -> bool:
        return bool(np.linalg.norm(a_m - b_m) >= self._stretch_m)


def merge_candidates(found: IntArray, near: IntArray) -> IntArray:
    """Return the candidate rows of an image, each once.

    Args:
        found: (f,) rows that look like it, the most similar first.
        near: (k,) rows near where the image before led, the most similar first.
    """
    kept = found[: CANDIDATES - _TRACKED]
    tracked = near[~np.isin(near, kept)][:_TRACKED]
    rest = found[len(kept) :]
    return np.concatenate([kept, tracked, rest[~np.isin(rest, tracked)]])[:CANDIDATES]
