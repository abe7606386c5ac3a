# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Figures of one method from its answers and the truth, and the demo's own verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
import math

import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import FloatArray
from avpr_ros.errors import SourceError
from avpr_ros.evaluation.metrics.positives import positives_within
from avpr_ros.evaluation.metrics.recall import recall_at
from avpr_ros.gallery.keyframes import Keyframes
from simulation.demo.answers import Answer

#: A candidate this near counts as right.
RIGHT_M = 5.0
#: An accepted pose farther off than this is wrong.
WRONG_M = 15.0
LEAST_RECALL = 0.80
#: Of the accepted matches, best scores first, this share must hold no wrong one.
SURE_SHARE = 0.95


@dataclass(frozen=True, eq=False)
class Scored:
    """Answers of one method beside the truth; rows are queries in order of time.

    Attributes:
        method: ``gallery``, ``light`` or ``asymmetric``.
        answers: of each query.
        truth_m: (Q, 3) true positions.
        best_right: (Q,) the first candidate is within ``RIGHT_M``.
        error_m: (Q,) distance of the published pose from the truth, NaN where there is none.
        row: the figures, under the names of result files.
    """

    method: str
    answers: Sequence[Answer]
    truth_m: FloatArray
    best_right: NDArray[np.bool_]
    error_m: FloatArray
    row: dict[str, str | int | float | None]

    @property
    def accepted(self) -> NDArray[np.bool_]:
        """(Q,) a pose was published."""
        return np.isfinite(self.error_m)

    @property
    def scores(self) -> FloatArray:
        """(Q,) similarity of the best candidate, -inf where there is none."""
        return np.array([answer.score for answer in self.answers])


def score(
    method: str, answers: Sequence[Answer], truth_m: FloatArray, keyframes: Keyframes
) -> Scored:
    """Compare the answers of one method with the truth.

    Args:
        method: its name.
        answers: one a query.
        truth_m: (Q, 3) true position of the base at each query.
        keyframes: of the map the answers refer to.

    Raises:
        SourceError: no answers, or an answer names a keyframe that the map does not have.
    """
    if not answers:
        raise SourceError(f'{method}: nothing was answered; look at the log of the node.')
    ids = {int(keyframe_id): row for row, keyframe_id in enumerate(keyframes.ids)}
    try:
        ranked = [np.array([ids[m.keyframe_id] for m in a.matches], np.int64) for a in answers]
    except KeyError as error:
        raise SourceError(
            f'{method}: keyframe {error} is not in the map; the answers belong to another map.'
        ) from error
    positives = positives_within(truth_m, keyframes.poses[:, :3], RIGHT_M)
    right = [bool(len(r)) and int(r[0]) in p for r, p in zip(ranked, positives, strict=True)]
    error_m = _pose_errors(answers, truth_m)
    row: dict[str, str | int | float | None] = {
        'set': 'demo_town',
        'method': method,
        'queries': len(answers),
        'keyframes': len(keyframes),
        'recall_at_1': recall_at(ranked, positives, 1, 'missed'),
        'recall_at_5': recall_at(ranked, positives, 5, 'missed'),
        **_decision_figures(np.array([a.score for a in answers]), error_m),
        **_latency_figures(answers),
    }
    return Scored(method, answers, truth_m, np.array(right), error_m, row)


def verdict(row: dict[str, str | int | float | None]) -> list[str]:
    """Return what is not good enough about the method that users have; empty: the demo passed."""
    failures = []
    recall = float(row['recall_at_1'] or 0.0)
    if recall < LEAST_RECALL:
        failures.append(f'recall@1 is {recall:.3f}, below {LEAST_RECALL:.2f}')
    if not row['accepted']:
        failures.append('no match was accepted')
    if row['wrong_in_first_95_percent']:
        failures.append(
            f'{row["wrong_in_first_95_percent"]} of the accepted matches among the first 95 % by '
            f'score are more than {WRONG_M:g} m wrong'
        )
    if row['unanswered']:
        failures.append(f'{row["unanswered"]} images were never answered')
    return failures


def _pose_errors(answers: Sequence[Answer], truth_m: FloatArray) -> FloatArray:
    return np.array(
        [
            math.nan if answer.pose_m is None else math.dist(answer.pose_m, tuple(true))
            for answer, true in zip(answers, truth_m, strict=True)
        ]
    )


def _decision_figures(scores: FloatArray, error_m: FloatArray) -> dict[str, int | float | None]:
    accepted = np.flatnonzero(np.isfinite(error_m))
    by_score = accepted[np.argsort(-scores[accepted], kind='stable')]
    sure = by_score[: math.ceil(SURE_SHARE * len(by_score))]
    errors = error_m[accepted]
    return {
        'accepted': len(accepted),
        'accepted_share': len(accepted) / len(scores),
        'wrong_accepted': int((errors > WRONG_M).sum()),
        'wrong_in_first_95_percent': int((error_m[sure] > WRONG_M).sum()),
        'position_error_median_m': _percentile(errors, 50),
        'position_error_p90_m': _percentile(errors, 90),
    }


def _latency_figures(answers: Sequence[Answer]) -> dict[str, int | float | None]:
    latencies = np.array([a.latency_ms for a in answers if a.latency_ms is not None])
    return {
        'unanswered': len(answers) - len(latencies),
        'latency_p50_ms': _percentile(latencies, 50),
        'latency_p95_ms': _percentile(latencies, 95),
    }


def _percentile(values: FloatArray, percent: float) -> float | None:
    return float(np.percentile(values, percent)) if len(values) else None
