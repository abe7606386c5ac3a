# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The best candidate must be likely enough to be right, by the calibration."""

from __future__ import annotations

from avpr_ros.gallery.calibration import ScoreModel
from avpr_ros.localization.checks.check import MatchHypothesis, StatelessCheck
from avpr_ros.localization.result import Reason


class ProbabilityCheck(StatelessCheck):
    """Compares the calibrated probability of the best candidate with a threshold."""

    reason = Reason.LOW_PROBABILITY

    def __init__(self, score: ScoreModel, min_probability: float) -> None:
        self._score = score
        self._min_probability = min_probability

    def check(self, hypothesis: MatchHypothesis) -> str | None:
        """See ``Check``."""
        similarity, margin = (
            float(hypothesis.retrieval.similarities[0]),
            hypothesis.retrieval.margin,
        )
        probability = self._score.probability(similarity, margin)
        if probability >= self._min_probability:
            return None
        return (
            f'probability {probability:.2f} is below {self._min_probability:.2f} (similarity '
            f'{similarity:.3f}, {margin:.3f} above every other place)'
        )
