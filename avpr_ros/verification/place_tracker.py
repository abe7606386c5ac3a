# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Two hypotheses about one camera: it drove on from the last place, or it was relocated."""

from __future__ import annotations

from dataclasses import dataclass
import math

import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import FloatArray
from avpr_ros.gallery.local_features.false_positive_floor import (
    FALSE_POSITIVE_RATE,
    FalsePositiveFloor,
)
from avpr_ros.verification.accumulator import LikelihoodAccumulator, SequenceUpdate
from avpr_ros.verification.place_likelihood import PlaceLikelihoods


@dataclass(frozen=True, eq=False)
class TrackedPlace:
    """The place that a tracker reports for one image.

    Attributes:
        place: the candidate, its log-likelihood ratio and what its track has accumulated.
        moved_images: how many of the last images contradict the confirmed track; 0 while that
            track is the more probable one.
        relocated_ns: stamp of the first image of the reported track, where it replaced a
            confirmed one; None where it did not.
    """

    place: SequenceUpdate
    moved_images: int = 0
    relocated_ns: int | None = None


class PlaceTracker:
    """Follows one camera's images along a track, beside the hypothesis that it was moved.

    Until a track passes the thresholds it is followed alone. Once confirmed, it is a prior for
    the images after it, and a bounded one: the places out of its reach have a track of their own,
    which begins without a past, as at a start. The ratio of both tracks over the images that
    disagree is a sequential probability ratio test (Wald, Ann. Math. Stat. 16(2), 1945): the
    second track is reported once its images outweigh the prior odds of having been moved, and
    replaces the first once it passes the thresholds by itself.

    The prior odds follow from how often images stopped agreeing so far (Laplace's rule of
    succession). Log-likelihood ratios of local features overstate themselves, as features are not
    independent; the prior is expressed in their scale by what the map's impostors reach at a known
    rate.
    """

    def __init__(self, floor: FalsePositiveFloor, radius_m: float) -> None:
        """Begin without a track.

        Args:
            floor: thresholds of the map.
            radius_m: radius of a place.
        """
        self._floor = floor
        self._radius_m = radius_m
        self._images = 0
        self._moves = 0
        self.forget()

    def forget(self) -> None:
        """Begin anew; the rate of moves is kept."""
        self._first = LikelihoodAccumulator(self._floor.background_llr, self._radius_m)
        self._second = LikelihoodAccumulator(self._floor.background_llr, self._radius_m)
        self._relocated_ns: int | None = None
        self._second_start_ns = 0
        self._confirmed = False
        self._relocation_llr = 0.0
        self._moved_images = 0

    def regions(self, reach_m: float) -> list[tuple[FloatArray, float]]:
        """Return the last position of each track, (3,), and how far from it the camera may be.

        That of the reported track first.

        Args:
            reach_m: as for ``follow``.
        """
        tracks = [self._first]
        if self._moved_images:
            tracks.insert(int(self._relocation_llr <= self.relocation_prior_llr), self._second)
        return [
            (track.last_m, track.reach_m(reach_m)) for track in tracks if track.last_m is not None
        ]

    @property
    def relocation_prior_llr(self) -> float:
        """Log prior odds of not having been moved since the last image, as a feature LLR.

        ``ln((n + 2) / (m + 1))`` for n images with m moves, times the log-likelihood ratio of a
        single image per nat of its false-positive rate.
        """
        if not math.isfinite(self._floor.min_single_image_llr):
            return math.inf
        odds = math.log((self._images + 2) / (self._moves + 1))
        return odds * self._floor.min_single_image_llr / -math.log(FALSE_POSITIVE_RATE)

    def follow(
        self,
        likelihoods: PlaceLikelihoods,
        same_place: NDArray[np.bool_],
        positions_m: FloatArray,
        reach_m: float,
        stamp_ns: int,
    ) -> TrackedPlace:
        """Take in one image.

        Args:
            likelihoods: log-likelihood ratios of n candidates.
            same_place: (n, n) whether two candidates show one place.
            positions_m: (n, 3) of the candidates.
            reach_m: how far the camera may have come since the last image, and a place's radius.
            stamp_ns: of the image.
        """
        near = self._first.near(positions_m, reach_m)
        if not self._confirmed or not near.any():
            update = self._first.follow(likelihoods, same_place, positions_m, reach_m)
            self._confirmed = self._floor.passes(update.llr, update.accumulated_llr)
            return TrackedPlace(update, relocated_ns=self._relocated_ns)
        self._images += 1
        update = self._first.follow(likelihoods, same_place, positions_m, reach_m, near)
        elsewhere = ~near & ~same_place[update.candidate]
        second = None
        if elsewhere.any():
            if self._moved_images == 0:
                self._second_start_ns = stamp_ns
            second = self._second.follow(likelihoods, same_place, positions_m, reach_m, elsewhere)
        self._compare(update, second)
        if second is None or self._relocation_llr <= self.relocation_prior_llr:
            return TrackedPlace(update, relocated_ns=self._relocated_ns)
        moved_images = self._moved_images
        if not self._floor.passes(second.llr, second.accumulated_llr):
            return TrackedPlace(second, moved_images)
        self._relocate()
        return TrackedPlace(second, moved_images, self._relocated_ns)

    def _compare(self, update: SequenceUpdate, second: SequenceUpdate | None) -> None:
        """Add the log-likelihood ratio of the second track against the first for this image."""
        background = self._floor.background_llr
        gain = background if second is None else max(second.llr, background)
        gain -= max(update.llr, background)
        # Bounded, so that one clear image of the first track outweighs the second.
        most = self.relocation_prior_llr + self._floor.min_single_image_llr
        self._relocation_llr = min(max(self._relocation_llr + gain, 0.0), most)
        self._moved_images += 1
        if self._relocation_llr == 0.0:
            self._moved_images = 0
            self._second.forget()

    def _relocate(self) -> None:
        """Go on with the second track alone."""
        self._moves += 1
        self._first, self._relocated_ns = self._second, self._second_start_ns
        self._second = LikelihoodAccumulator(self._floor.background_llr, self._radius_m)
        self._relocation_llr, self._moved_images = 0.0, 0
