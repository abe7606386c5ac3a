# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""How well descriptors of queries find descriptors of the gallery."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import faiss
import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import Descriptors, FloatArray, IntArray
from avpr_ros.errors import ConfigError
from avpr_ros.evaluation.metrics.precision_recall import PrecisionRecall, precision_recall
from avpr_ros.evaluation.metrics.recall import recall_at

#: Values of N in recall@N, as usual in the literature.
DEPTHS = (1, 5, 10, 20)


@dataclass(frozen=True, eq=False)
class Ranking:
    """The nearest gallery rows of Q queries.

    Attributes:
        rows: (Q, k) int64, nearest first.
        similarities: (Q, k) 1 - d^2 / 2 of the L2 distance d: the cosine, for unit rows.
    """

    rows: IntArray
    similarities: FloatArray


def rank(queries: Descriptors, gallery: Descriptors, depth: int = max(DEPTHS)) -> Ranking:
    """Search exactly by L2 distance with FAISS, as VPR-methods-evaluation does.

    Args:
        queries: (Q, d) finite.
        gallery: (N, d) finite.
        depth: number of rows to find; at most N are returned.

    Raises:
        ConfigError: lengths differ, a side is empty, or a number is not finite.
    """
    sides = []
    for name, side in (('query', queries), ('gallery', gallery)):
        rows = np.ascontiguousarray(side, dtype=np.float32)
        if rows.ndim != 2 or not rows.size:
            raise ConfigError(f'{name} descriptors are {rows.shape}; give (N, d) with N above 0')
        if not np.isfinite(rows).all():
            raise ConfigError(f'a {name} descriptor is not finite; describe the images again')
        sides.append(rows)
    if sides[0].shape[1] != sides[1].shape[1]:
        raise ConfigError(
            f'query descriptors have {sides[0].shape[1]} dimensions and gallery descriptors '
            f'{sides[1].shape[1]}; both must come from one descriptor space'
        )
    index = faiss.IndexFlatL2(sides[1].shape[1])
    index.add(sides[1])
    squares, found = index.search(sides[0], min(depth, len(sides[1])))
    return Ranking(found.astype(np.int64), 1.0 - squares.astype(np.float64) / 2.0)


@dataclass(frozen=True, eq=False)
class RetrievalScore:
    """Figures of one ranking.

    Attributes:
        queries: how many.
        covered: those with a positive in the gallery.
        recall: recall@N by N over all queries; one without a positive is missed
            (as VPR-methods-evaluation).
        recall_covered: the same over the covered queries only (as VPR_Tutorial); 0 without any.
        right: (Q,) whether the best match is a positive.
        has_match: (Q,) whether there is a positive.
        scores: (Q,) similarity of the best match.
        curve: precision and recall over the threshold; None where no query is covered.
    """

    queries: int
    covered: int
    recall: dict[int, float]
    recall_covered: dict[int, float]
    right: NDArray[np.bool_]
    has_match: NDArray[np.bool_]
    scores: FloatArray
    curve: PrecisionRecall | None


def score_ranking(ranking: Ranking, positives: Sequence[Collection[int]]) -> RetrievalScore:
    """Score a ranking.

    Args:
        ranking: of Q queries.
        positives: for each query the correct gallery rows.
    """
    rows = list(ranking.rows)
    has_match = np.array([bool(right) for right in positives], dtype=np.bool_)
    right = np.array([int(r[0]) in p for r, p in zip(rows, positives, strict=True)], np.bool_)
    covered = int(has_match.sum())
    scores = ranking.similarities[:, 0]
    return RetrievalScore(
        queries=len(rows),
        covered=covered,
        recall={n: recall_at(rows, positives, n, 'missed') for n in DEPTHS},
        recall_covered={
            n: recall_at(rows, positives, n, 'left_out') if covered else 0.0 for n in DEPTHS
        },
        right=right,
        has_match=has_match,
        scores=scores,
        curve=precision_recall(scores, right, has_match) if covered else None,
    )
