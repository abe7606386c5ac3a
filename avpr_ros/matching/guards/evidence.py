# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The local features must speak for the place rather than for any other."""

from __future__ import annotations

from avpr_ros.matching.geometry.look import Look
from avpr_ros.matching.guards.guard import Case, Memoryless
from avpr_ros.matching.result import Reason


class EvidenceGuard(Memoryless):
    """Compares the evidence for the best place with what places outside the map can get.

    Takes the place of the scores' guards where an image was looked at: similarity says what looks
    alike, corners say what is the same.
    """

    reason = Reason.AMBIGUOUS

    def __init__(
        self, ordinary_evidence: float, min_evidence: float, min_evidence_alone: float
    ) -> None:
        """Set up.

        Args:
            ordinary_evidence: that images from outside the map often get.
            min_evidence: that the way must have gathered, above the ordinary.
            min_evidence_alone: from which one image needs none before it.
        """
        self._ordinary = ordinary_evidence
        self._min_evidence = min_evidence
        self._min_evidence_alone = min_evidence_alone

    def alone(self, look: Look) -> bool:
        """Tell whether one image's own evidence needs none before it."""
        return look.evidence >= self._min_evidence_alone

    def objection(self, case: Case) -> str | None:
        """See ``Guard``."""
        look = case.look
        if look is None:
            return 'the image was not looked at'
        # An image that itself says no more than any might is not accepted from the past alone.
        if look.carried >= self._min_evidence and look.evidence > self._ordinary:
            return None
        if self.alone(look):
            return None
        return (
            f'evidence {look.carried:.0f} of corners for this place against every other, '
            f'{self._min_evidence:.0f} must be reached; drive on'
        )
