# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Recall@N of ranked candidates."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Literal

from avpr_ros.arrays import IntArray
from avpr_ros.errors import ConfigError

#: Treatment of queries that have no positive in the gallery: count them as missed (the
#: denominator is all queries, as in VPR-methods-evaluation), or leave them out (as in
#: VPR_Tutorial). The two figures cannot be compared, so there is no default.
WithoutPositives = Literal['missed', 'left_out']


def recall_at(
    ranked_rows: Sequence[IntArray],
    positives: Sequence[Collection[int]],
    n: int,
    without_positives: WithoutPositives,
) -> float:
    """Return the share of queries with at least one positive among the first n candidates.

    Args:
        ranked_rows: for each query the gallery rows, best first; fewer than n is allowed.
        positives: for each query the correct gallery rows.
        n: number of candidates that count, at least 1.
        without_positives: treatment of queries without positives.

    Returns:
        0 to 1.

    Raises:
        ConfigError: lengths differ, n below 1, or no query is left to count.
    """
    if len(ranked_rows) != len(positives):
        raise ConfigError(
            f'{len(ranked_rows)} rankings and {len(positives)} sets of positives; give one each'
        )
    if n < 1:
        raise ConfigError(f'n is {n}; use 1 or more')
    pairs = [
        (rows, right)
        for rows, right in zip(ranked_rows, positives, strict=True)
        if len(right) or without_positives == 'missed'
    ]
    if not pairs:
        raise ConfigError('no query can be counted; use queries that the gallery covers')
    found = sum(any(int(row) in right for row in rows[:n]) for rows, right in pairs)
    return found / len(pairs)
