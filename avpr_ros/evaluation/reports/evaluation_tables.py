# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The figures of an evaluation: flat rows for files, tables of text for people."""

from __future__ import annotations

from typing import Any

from avpr_ros.evaluation.retrieval.evaluation import Evaluation, Pair
from avpr_ros.evaluation.retrieval.ranking import DEPTHS, RetrievalScore


def rows(evaluation: Evaluation) -> list[dict[str, Any]]:
    """Return one flat row a pair, figures under the field's names."""
    return [_row(evaluation.name, pair) for pair in evaluation.pairs]


def _row(name: str, pair: Pair) -> dict[str, Any]:
    score = pair.score
    curve = score.curve
    return {
        'set': name,
        'method': pair.method,
        'queries': score.queries,
        'queries_covered': score.covered,
        **{f'recall_at_{n}': score.recall[n] for n in DEPTHS},
        **{f'recall_at_{n}_covered': score.recall_covered[n] for n in DEPTHS},
        'auc_pr': curve.area if curve else None,
        'recall_at_100_precision': curve.recall_at_precision(1.0) if curve else None,
        'recall_at_99_precision': curve.recall_at_precision(0.99) if curve else None,
    }


def recall_table(evaluation: Evaluation) -> list[list[str]]:
    """Return recall as text: a heading line, then one line a pair and denominator."""
    lines = [['pair', 'denominator', *(f'R@{n}' for n in DEPTHS)]]
    for pair in evaluation.pairs:
        for text, recall in denominators(pair.score):
            lines.append([pair.method, text, *(f'{recall[n]:.3f}' for n in DEPTHS)])
    return lines


def denominators(score: RetrievalScore) -> list[tuple[str, dict[int, float]]]:
    """Return what recall is divided by, in words, and recall; once where both are the same."""
    if score.covered == score.queries:
        return [(f'all {score.queries}', score.recall)]
    return [
        (f'all {score.queries}', score.recall),
        (f'the {score.covered} with a positive', score.recall_covered),
    ]


def precision_table(evaluation: Evaluation) -> list[list[str]]:
    """Return the figures of the precision-recall curves as text, headings first."""
    lines = [['pair', 'AUC-PR', 'R@100P', 'R@99P']]
    for pair, row in zip(evaluation.pairs, rows(evaluation), strict=True):
        keys = ('auc_pr', 'recall_at_100_precision', 'recall_at_99_precision')
        cells = ['-' if row[key] is None else f'{row[key]:.3f}' for key in keys]
        lines.append([pair.method, *cells])
    return lines


def figures_by_pair(evaluation: Evaluation) -> list[list[str]]:
    """Return recall and precision as text with one column a pair: it fits a terminal."""
    lines = [['', *(pair.method for pair in evaluation.pairs)]]
    columns = [denominators(pair.score) for pair in evaluation.pairs]
    for same in zip(*columns, strict=True):
        for n in DEPTHS:
            figures = [f'{recall[n]:.3f}' for _, recall in same]
            lines.append([f'R@{n} of {same[0][0]}', *figures])
    heads, *precisions = precision_table(evaluation)
    for number, heading in enumerate(heads[1:], start=1):
        lines.append([heading, *(line[number] for line in precisions)])
    return lines


#: Explains the lines of ``acceptance_table``.
ACCEPTANCE = (
    'R@100P is a figure of retrieval alone: the share of queries that a threshold on the '
    'similarity accepts before the first wrong match, and the threshold is chosen afterwards with '
    'the truth. It falls to near 0 with one wrong match of high similarity. The localizer does '
    'not decide by that: it verifies candidates by local features and landmarks where the map has '
    'them, with thresholds that the map estimated for itself before the drive, and publishes the '
    'accepted poses. R@100P is of the queries with a positive, acceptance of all queries.'
)


def acceptance_table(evaluation: Evaluation) -> list[list[str]]:
    """Return R@100P of retrieval and the localizer's acceptance as text, headings first."""
    lines = [['decision', 'accepted', 'wrong', 'median error']]
    pair, found = evaluation.pairs[0], evaluation.acceptance
    if pair.score.curve is not None:
        share = pair.score.curve.recall_at_precision(1.0)
        lines.append([f'similarity of {pair.method}: R@100P', f'{share:.1%}', '0', '-'])
    if found is not None:
        error = '-' if found.error_p50_m is None else f'{found.error_p50_m:.2f} m'
        what = f'localizer, {found.by_landmarks} of {found.accepted} poses by landmarks'
        wrong = f'{found.wrong} (over {found.radius_m:g} m)'
        lines.append(
            [what, f'{found.share:.1%} ({found.accepted} of {found.queries})', wrong, error]
        )
    return lines


def cost_table(evaluation: Evaluation) -> list[list[str]]:
    """Return what the networks cost as text, headings first."""
    lines = [['network', 'side', 'px', 'GMAC', 'M weights', 'p50 ms', 'counted by', 'ran on']]
    for cost in evaluation.costs:
        latency = '-' if cost.latency_p50_ms is None else f'{cost.latency_p50_ms:.1f}'
        numbers = [f'{cost.gmac:.3f}', f'{cost.parameters_m:.2f}', latency]
        lines.append(
            [cost.network, cost.side, str(cost.input_px), *numbers, cost.counted, cost.ran_on]
        )
    return lines


def storage(evaluation: Evaluation) -> str:
    """Return the storage of a keyframe, as text."""
    text = f'{evaluation.descriptor_bytes} bytes per keyframe for its descriptor'
    if evaluation.map_bytes is not None:
        text += f', {evaluation.map_bytes:.0f} with index, poses and space'
    return text
