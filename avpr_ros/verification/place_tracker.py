# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Two hypotheses about one camera: it moved on from the last place, or it was moved elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
import math

import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import FloatArray
from avpr_ros.gallery.false_positive_floor import FALSE_POSITIVE_RATE, FalsePositiveFloor
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
            radius_m: beyond this distance another place begins.
        """
        self._floor = floor
        self._radius_m = radius_m
        self._images = 0
        self._moves = 0
        self.forget()

    def forget(self) -> None:
        """Begin anew; the rate of moves is kept."""
        self._track = LikelihoodAccumulator(self._floor.background_llr, self._radius_m)
        self._other = LikelihoodAccumulator(self._floor.background_llr, self._radius_m)
        self._relocated_ns: int | None = None
        self._other_start_ns = 0
        self._confirmed = False
        self._against = 0.0
        self._moved_images = 0

    @property
    def positions_m(self) -> list[FloatArray]:
        """Last positions of the tracks, each (3,): that of the reported one first."""
        tracks = [self._track]
        if self._moved_images:
            tracks.insert(int(self._against <= self.prior_llr), self._other)
        return [track.last_m for track in tracks if track.last_m is not None]

    @property
    def prior_llr(self) -> float:
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
        evidence: PlaceLikelihoods,
        same_place: NDArray[np.bool_],
        positions_m: FloatArray,
        reach_m: float,
        stamp_ns: int,
    ) -> TrackedPlace:
        """Take in one image.

        Args:
            evidence: log-likelihood ratios of n candidates.
            same_place: (n, n) whether two candidates show one place.
            positions_m: (n, 3) of the candidates.
            reach_m: how far the camera may have come since the last image, and a place's radius.
            stamp_ns: of the image.
        """
        near = self._track.near(positions_m, reach_m)
        if not self._confirmed or not near.any():
            led = self._track.follow(evidence, same_place, positions_m, reach_m)
            self._confirmed = self._floor.passes(led.evidence, led.carried)
            return TrackedPlace(led, relocated_ns=self._relocated_ns)
        self._images += 1
        led = self._track.follow(evidence, same_place, positions_m, reach_m, near)
        elsewhere = ~near & ~same_place[led.number]
        other = None
        if elsewhere.any():
            if self._moved_images == 0:
                self._other_start_ns = stamp_ns
            other = self._other.follow(evidence, same_place, positions_m, reach_m, elsewhere)
        self._compare(led, other)
        if other is None or self._against <= self.prior_llr:
            return TrackedPlace(led, relocated_ns=self._relocated_ns)
        moved_images = self._moved_images
        if not self._floor.passes(other.evidence, other.carried):
            return TrackedPlace(other, moved_images)
        self._relocate()
        return TrackedPlace(other, moved_images, self._relocated_ns)

    def _compare(self, led: SequenceUpdate, other: SequenceUpdate | None) -> None:
        """Add what this image says for the one track against the other."""
        background = self._floor.background_llr
        gain = background if other is None else max(other.evidence, background)
        gain -= max(led.evidence, background)
        # Bounded, so that one clear image of the track ends the doubt about it.
        most = self.prior_llr + self._floor.min_single_image_llr
        self._against = min(max(self._against + gain, 0.0), most)
        self._moved_images += 1
        if self._against == 0.0:
            self._moved_images = 0
            self._other.forget()

    def _relocate(self) -> None:
        """Go on with the second track alone."""
        self._moves += 1
        self._track, self._relocated_ns = self._other, self._other_start_ns
        self._other = LikelihoodAccumulator(self._floor.background_llr, self._radius_m)
        self._against, self._moved_images = 0.0, 0
