# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The Bayes filter over the keyframes: similarities of successive images to a place."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from avpr_ros.arrays import FloatArray
from avpr_ros.localization.temporal.motion_model import PositionBelief
from avpr_ros.localization.temporal.sequence_places import SequencePlaces
from avpr_ros.localization.temporal.settings import SequenceSettings
from avpr_ros.localization.temporal.view_likelihood import ImageLikelihood, ViewLikelihood

# Similarities of unit rows are within 1; beyond this their squares would lose the rest.
_MAX_SIMILARITY = 1e6


@dataclass(frozen=True)
class SequenceEstimate:
    """The place with the most posterior mass after one image.

    Attributes:
        index: keyframe whose place has the most mass, in the order of driving.
        mass: posterior probability of that place.
        log_odds: of the same, exact near one.
        not_in_map: posterior probability.
        support: log likelihood ratio of the present image alone, at the place.
    """

    index: int
    mass: float
    log_odds: float
    not_in_map: float
    support: float


_NOTHING = SequenceEstimate(0, 0.0, -np.inf, 0.5, -np.inf)


class SequenceFilter:
    """Causal filter over one camera's images.

    Attributes:
        settings: its constants.
    """

    def __init__(self, places: SequencePlaces, settings: SequenceSettings | None = None) -> None:
        self.settings = settings or SequenceSettings()
        self._places = places
        self._likelihood = ViewLikelihood(places.views, self.settings)
        self._belief = PositionBelief(places, self.settings)
        self._before = self._belief.keyframe_probabilities(), self._belief.out_of_map, 1.0
        self._last = _NOTHING
        self._begun = False
        self._travelled: float | None = None

    def update(self, similarities: FloatArray, travelled: float | None = None) -> SequenceEstimate:
        """Update with one image.

        An image that hardly moves on, by odometry or else by its view, moves nothing: it stands
        in for the last one in the answer, so that the same view counts once however often it is
        seen. Numbers that are not finite are no image: the answer is the last one without any
        support.

        Args:
            similarities: (N,) to all keyframes in the order of driving; any scale and offset.
            travelled: since the last image by odometry, in keyframe spacings, 0 or more; None
                where it is not known.
        """
        row = np.asarray(similarities, dtype=np.float64)
        self._travelled = None if travelled is None else (self._travelled or 0.0) + travelled
        if not (np.abs(row) < _MAX_SIMILARITY).all():  # false for NaN, too
            return replace(self._last, support=-np.inf)
        belief, distance, moved = self._belief, self._travelled, None
        if distance is not None:
            moved = not self._begun or distance >= self.settings.min_travel
        likelihood = self._likelihood.update(row, belief.expected_change(), moved)
        if likelihood.step:
            belief.advance(likelihood.still, distance if self._begun else None)
            self._begun, self._travelled = True, None if distance is None else 0.0
            self._before = belief.keyframe_probabilities(), belief.out_of_map, likelihood.new
            belief.weigh(
                np.float32(self.settings.history_weight * likelihood.new) * likelihood.log_ratio
            )
        self._last = self._answer(likelihood)
        return self._last

    def accepts(self, estimate: SequenceEstimate) -> bool:
        """Return whether mass and support suffice."""
        s = self.settings
        return estimate.mass >= s.min_mass and estimate.support >= s.min_support

    def _answer(self, likelihood: ImageLikelihood) -> SequenceEstimate:
        """Bayes update, then the place with the most mass against all others."""
        masses, out_of_map, new = self._before
        # In the answer the present image counts in full; in what is carried on it does not.
        now = masses * np.exp(np.float32(new) * likelihood.log_ratio)
        total = out_of_map + float(now.sum())
        now /= total
        near = self._places.near
        window = near @ now
        # Any keyframe of a short place holds all of its mass: the middle one is wanted.
        index = int((window + self.settings.centre_weight * now).argmax())
        members = near.indices[near.indptr[index] : near.indptr[index + 1]]
        support = float(likelihood.log_ratio[members].max())
        mass = float(window[index])
        now[members] = 0.0
        against = float(now.sum()) + max(out_of_map / total, self._belief.out_of_map)
        odds = float(np.log(mass + 1e-300) - np.log(against + 1e-300))
        return SequenceEstimate(
            index, mass / (mass + against), odds, self._belief.out_of_map, support
        )
