# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The best candidate must stand out against every other place."""

from __future__ import annotations

from avpr_ros.localization.checks.check import MatchHypothesis, StatelessCheck
from avpr_ros.localization.result import Reason


class AmbiguityCheck(StatelessCheck):
    """Compares the best similarity with that of the best distinct place.

    Neighbouring keyframes show the same place and always score alike, so the second best
    keyframe is of no use; the best one of another place is (the distinct top-2 ratio).
    """

    reason = Reason.AMBIGUOUS

    def __init__(self, min_ratio: float) -> None:
        self._min_ratio = min_ratio

    def check(self, hypothesis: MatchHypothesis) -> str | None:
        """See ``Check``."""
        retrieval = hypothesis.retrieval
        if retrieval.rival_row is None:
            return 'the map holds one place only: there is no other similarity to compare with'
        best, rival = float(retrieval.similarities[0]), retrieval.rival_similarity
        # Written without a division: a rival at or below zero must not turn the comparison.
        if best > rival and best >= self._min_ratio * rival and best > 0:
            return None
        return (
            f'similarity {best:.3f} is less than {self._min_ratio:g} times the {rival:.3f} of '
            f'another place (map row {retrieval.rival_row})'
        )
