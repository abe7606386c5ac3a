# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The best candidate must be similar enough."""

from __future__ import annotations

from avpr_ros.localization.checks.check import MatchHypothesis, StatelessCheck
from avpr_ros.localization.result import Reason


class SimilarityCheck(StatelessCheck):
    """Compares the best similarity with a threshold."""

    reason = Reason.LOW_SIMILARITY

    def __init__(self, min_similarity: float) -> None:
        self._min_similarity = min_similarity

    def check(self, hypothesis: MatchHypothesis) -> str | None:
        """See ``Check``."""
        best = float(hypothesis.retrieval.similarities[0])
        if best >= self._min_similarity:
            return None
        return f'similarity {best:.3f} is below {self._min_similarity:.3f}'


class UncalibratedCheck(StatelessCheck):
    """Stands in where no threshold is known: nothing passes."""

    reason = Reason.NOT_CALIBRATED

    def check(self, hypothesis: MatchHypothesis) -> str | None:
        """See ``Check``."""
        return (
            f'similarity {float(hypothesis.retrieval.similarities[0]):.3f} cannot be judged: the '
            'query network carries no calibration; train it again or set min_similarity'
        )
