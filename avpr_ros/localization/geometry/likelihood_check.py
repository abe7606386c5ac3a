# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The local features must speak for the place rather than for any other."""

from __future__ import annotations

from avpr_ros.gallery.false_positive_floor import FalsePositiveFloor
from avpr_ros.localization.checks.check import MatchHypothesis, StatelessCheck
from avpr_ros.localization.result import Reason
from avpr_ros.localization.verification_result import VerificationResult


class LikelihoodCheck(StatelessCheck):
    """Compares the evidence for the best place with what places outside the map can get.

    Takes the place of the scores' guards where an image was looked at: similarity says what looks
    alike, corners say what is the same.
    """

    reason = Reason.AMBIGUOUS

    def __init__(self, floor: FalsePositiveFloor) -> None:
        """Set up; ``floor`` holds the thresholds of the map."""
        self._floor = floor

    def self_sufficient(self, verification: VerificationResult) -> bool:
        """Tell whether one image's own evidence needs none before it."""
        return self._floor.passes_alone(verification.evidence)

    def check(self, hypothesis: MatchHypothesis) -> str | None:
        """See ``Check``."""
        verification = hypothesis.verification
        if verification is None:
            return 'no local features were extracted from the image'
        rejection = self._floor.objection(verification.evidence, verification.carried)
        if rejection is None or not verification.moved_images:
            return rejection
        return f'{moved_text(verification.moved_images)}; there, {rejection}'


def moved_text(images: int) -> str:
    """Return in words that a camera was probably moved; ``images`` is how many say so."""
    return f'moved: the last {images} images contradict the place before'
