# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Precision and recall of accepted matches over all thresholds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import FloatArray
from avpr_ros.errors import ConfigError


@dataclass(frozen=True, eq=False)
class PrecisionRecall:
    """One best match per query, swept over the score.

    Precision is the share of right ones among the accepted, recall the share of accepted right
    ones among all queries that have a match in the gallery. An accepted query without one
    counts as wrong.

    Attributes:
        thresholds: (K,) distinct scores, falling; at each one every score at or above it is
            accepted.
        precision: (K,) TP / (TP + FP).
        recall: (K,) TP / queries that have a match.
    """

    thresholds: FloatArray
    precision: FloatArray
    recall: FloatArray

    @property
    def area(self) -> float:
        """Area under the curve as average precision: sum of precision times rise in recall."""
        return float(np.sum(self.precision * np.diff(self.recall, prepend=0.0)))

    def recall_at_precision(self, precision: float) -> float:
        """Return the largest recall at no less than a precision; 0 where there is none."""
        enough = self.recall[self.precision >= precision]
        return float(enough.max()) if enough.size else 0.0


def precision_recall(
    scores: FloatArray, right: NDArray[np.bool_], has_match: NDArray[np.bool_]
) -> PrecisionRecall:
    """Sweep the threshold over every score that occurs.

    Args:
        scores: (Q,) score of each query's best match, higher is surer; -inf where it has none.
            Equal scores are accepted together.
        right: (Q,) whether the best match is right.
        has_match: (Q,) whether the gallery holds a right one at all.

    Raises:
        ConfigError: a score is NaN, no query has a match, or a right one has none.
    """
    if np.isnan(scores).any():
        raise ConfigError('a score is NaN; give -inf to queries without a match')
    if not has_match.any():
        raise ConfigError('no query has a match in the gallery; recall is not defined')
    if (right & ~has_match).any():
        raise ConfigError(
            'a match is labelled correct but its query has no positive; check the ground truth'
        )
    answered = np.isfinite(scores)
    order = np.argsort(-scores[answered], kind='stable')
    ranked, hits = scores[answered][order], np.cumsum(right[answered][order])
    last = np.flatnonzero(np.diff(ranked, append=-np.inf) != 0)
    return PrecisionRecall(
        np.asarray(ranked[last], dtype=np.float64),
        hits[last] / (last + 1),
        hits[last] / int(has_match.sum()),
    )
