# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The candidates of a retrieval, each with its pose, probability and reason."""

from __future__ import annotations

from avpr_ros.arrays import IntArray
from avpr_ros.gallery.calibration import ScoreModel
from avpr_ros.localization.checks.check import MatchHypothesis
from avpr_ros.localization.result import Candidate, Reason


def describe_candidates(
    hypothesis: MatchHypothesis,
    ids: IntArray,
    score: ScoreModel | None,
    reason: Reason,
    text: str,
    by_sequence: bool,
) -> tuple[Candidate, ...]:
    """Describe the candidates of a decided hypothesis, best first.

    Args:
        hypothesis: the image with its candidates.
        ids: (N,) ids of the map's keyframes by row.
        score: calibration of the similarities; None without one.
        reason: the decision on the first candidate.
        text: the decision in words.
        by_sequence: whether the Bayes filter chose the first candidate.
    """
    retrieval, hypotheses = hypothesis.retrieval, hypothesis.hypotheses
    best = float(retrieval.similarities.max())

    def probability(rank: int, similarity: float) -> float | None:
        margin = retrieval.margin if rank == 0 else similarity - best
        return None if score is None else score.probability(similarity, margin)

    lower_rank = 'another candidate is more similar'
    if best > float(retrieval.similarities[0]):
        lower_rank = 'another candidate has the larger local-feature log-likelihood ratio'
    if by_sequence:
        lower_rank = 'the Bayes filter ranks another candidate first'
    return tuple(
        Candidate(
            rank=rank,
            row=int(row),
            keyframe_id=int(ids[row]),
            similarity=float(similarity),
            ratio=retrieval.ratio(rank),
            probability=probability(rank, float(similarity)),
            map_from_base=hypotheses.pose(int(row)),
            reason=reason if rank == 0 else Reason.LOWER_RANK,
            text=text if rank == 0 else lower_rank,
        )
        for rank, (row, similarity) in enumerate(
            zip(retrieval.rows, retrieval.similarities, strict=True)
        )
    )
