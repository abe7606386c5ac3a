# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The log-likelihood ratio of the local features must exceed the map's false-positive floor."""

from __future__ import annotations

from avpr_ros.gallery.local_features.false_positive_floor import FalsePositiveFloor
from avpr_ros.localization.checks.check import MatchHypothesis, StatelessCheck
from avpr_ros.localization.result import Reason
from avpr_ros.localization.verification_result import VerificationResult


class LikelihoodCheck(StatelessCheck):
    """Compares the log-likelihood ratio of the best place with that of the map's impostors.

    It replaces the checks of the scores where the local features of an image were verified:
    similar views need not show the same things, and inliers do.
    """

    reason = Reason.AMBIGUOUS

    def __init__(self, floor: FalsePositiveFloor) -> None:
        """Set up; ``floor`` holds the thresholds of the map."""
        self._floor = floor

    def self_sufficient(self, verification: VerificationResult) -> bool:
        """Return whether one image's own log-likelihood ratio needs no earlier images."""
        return self._floor_of(verification).passes_alone(verification.llr)

    def check(self, hypothesis: MatchHypothesis) -> str | None:
        """See ``Check``."""
        verification = hypothesis.verification
        if verification is None:
            return 'no local features were extracted from the image'
        floor = self._floor_of(verification)
        rejection = floor.rejection(verification.llr, verification.accumulated_llr)
        if rejection is None or not verification.moved_images:
            return rejection
        return f'{moved_text(verification.moved_images)}; there, {rejection}'

    def _floor_of(self, verification: VerificationResult) -> FalsePositiveFloor:
        return self._floor if verification.floor is None else verification.floor


def moved_text(images: int) -> str:
    """Return the sentence that a camera was probably moved, ``images`` images ago."""
    return f'moved: the last {images} images contradict the place before'
