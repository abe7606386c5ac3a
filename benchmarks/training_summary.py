# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Means, deviations and significance over the rows that ``training.py`` has left so far."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from avpr_ros.training.objectives.methods import RIVALS
from benchmarks.results import RESULTS, Row, print_table, stored_rows, write_results

METHOD = 'asymvpr'
FIGURES = ('recall_at_1', 'recall_at_5', 'recall_at_10', 'recall_at_100_precision')
NOTE = (
    'Means over the seeds that have been run (column seeds; a deviation needs two). best_rival: '
    'of the same set, by mean recall at 1; p_value: two-sided paired permutation test of asymvpr '
    'against it over queries. Sets and methods that are missing have not been run yet. How: see '
    'the note of training.json.'
)
_DRAWS = 20_000


def summary(rows: Sequence[Row]) -> list[Row]:
    """Return one row a set and method: mean and deviation over seeds.

    Rows of the method itself get ``best_rival`` (of the same set, by mean recall@1) and
    ``p_value`` against it, two-sided, by a paired permutation test over queries.
    """
    found: list[Row] = []
    keys = list(dict.fromkeys((str(row['set']), str(row['method'])) for row in rows))
    for name, method in keys:
        own = _of(rows, name, method)
        line: dict[str, object] = {'set': name, 'method': method, 'seeds': len(own)}
        for figure in FIGURES:
            values = [float(str(row[figure])) for row in own]
            line[figure] = round(float(np.mean(values)), 4)
            if len(values) > 1:
                line[f'{figure}_deviation'] = round(float(np.std(values, ddof=1)), 4)
        if method == METHOD:
            line |= _against_best_rival(rows, name, own)
        found.append(line)
    return found


def paired_p_value(one: NDArray[np.floating], other: NDArray[np.floating]) -> float:
    """Return how often chance alone would part two methods as far, two-sided.

    Args:
        one: (Q,) share of seeds with which a method answers each query right.
        other: (Q,) of another method.

    Returns:
        Share of random swaps of the two methods, query by query, whose mean difference is as
        large as the one found; at least 1 / 20,001.
    """
    difference = one - other
    signs = np.random.default_rng(0).choice([-1.0, 1.0], (_DRAWS, len(difference)))
    chance = np.abs(signs @ difference)
    as_far = int((chance >= abs(difference.sum()) - 1e-9).sum())
    return (as_far + 1) / (_DRAWS + 1)


def _against_best_rival(rows: Sequence[Row], name: str, own: Sequence[Row]) -> dict[str, object]:
    rivals = [method for method in RIVALS if _of(rows, name, method)]
    if not rivals:
        return {}
    means = {
        method: np.mean([float(str(row['recall_at_1'])) for row in _of(rows, name, method)])
        for method in rivals
    }
    best = max(rivals, key=lambda method: means[method])
    p_value = paired_p_value(_right(own), _right(_of(rows, name, best)))
    return {'best_rival': best, 'p_value': round(p_value, 5)}


def _right(rows: Sequence[Row]) -> NDArray[np.floating]:
    """Return (Q,) the share of rows that answer each query right."""
    bits = [
        np.unpackbits(np.frombuffer(bytes.fromhex(str(row['right_queries'])), np.uint8))
        for row in rows
    ]
    queries = int(str(rows[0]['queries']))
    return np.asarray(np.mean(bits, axis=0)[:queries])


def _of(rows: Sequence[Row], name: str, method: str) -> list[Row]:
    return [row for row in rows if (row['set'], row['method']) == (name, method)]


def main() -> None:
    """Print the summary and write it."""
    rows = summary(stored_rows(RESULTS / 'training.json'))
    print_table(rows, 'Mean and deviation over seeds; p against the best rival, over queries')
    write_results('training_summary', rows, quick=False, note=NOTE)


if __name__ == '__main__':
    main()
