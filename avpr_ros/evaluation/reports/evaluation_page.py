# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""An evaluation as one self-contained HTML page."""

from __future__ import annotations

from pathlib import Path

from avpr_ros.evaluation.machine import machine
from avpr_ros.evaluation.reports.evaluation_plots import (
    precision_plot,
    recall_plot,
    similarity_plot,
    where_plot,
)
from avpr_ros.evaluation.reports.evaluation_tables import (
    ACCEPTANCE,
    acceptance_table,
    cost_table,
    precision_table,
    recall_table,
    storage,
)
from avpr_ros.evaluation.reports.html import jpeg_uri, render_page
from avpr_ros.evaluation.retrieval.evaluation import MEANING, Evaluation, Example
from avpr_ros.storage.files import write_text_atomically

_TEMPLATE = Path(__file__).parent / 'templates' / 'evaluation.html.j2'


def write_page(path: Path, evaluation: Evaluation, command: str) -> None:
    """Write the HTML page of an evaluation.

    Args:
        path: the HTML file; self-contained.
        evaluation: the figures to show.
        command: the command line that made the evaluation.
    """
    first = evaluation.pairs[0]
    meanings = [(pair.method, MEANING[pair.method]) for pair in evaluation.pairs]
    values = {
        'title': f'Evaluation of {evaluation.name}',
        'truth': str(evaluation.truth),
        'cards': _cards(evaluation),
        'acceptance': acceptance_table(evaluation) if evaluation.acceptance else None,
        'acceptance_text': ACCEPTANCE,
        'meanings': meanings,
        'recall': recall_table(evaluation),
        'precision': precision_table(evaluation),
        'cost': cost_table(evaluation),
        'storage': storage(evaluation),
        'plots': {
            'recall': recall_plot(evaluation.pairs),
            'precision': precision_plot(evaluation.pairs),
            'similarity': similarity_plot(first),
            'where': where_plot(first),
        },
        'method': first.method,
        'examples': [_example(example) for example in evaluation.examples],
        'facts': evaluation.facts,
        'command': command,
        'machine': machine(),
    }
    write_text_atomically(path, render_page(_TEMPLATE, values))


def _cards(evaluation: Evaluation) -> list[tuple[str, str]]:
    first, found = evaluation.pairs[0], evaluation.acceptance
    curve = first.score.curve
    cards = [
        (f'{first.score.recall[1]:.3f}', f'recall@1, {first.method}, all queries'),
        (f'{first.score.recall[5]:.3f}', 'recall@5'),
        (
            f'{curve.recall_at_precision(1.0):.3f}' if curve else '-',
            'R@100P of retrieval: recall at 100 % precision by similarity alone',
        ),
    ]
    if found is not None:
        cards.append(
            (
                f'{found.share:.3f}',
                f'accepted by the localizer, {found.wrong} of them wrong',
            )
        )
    covered = f'{first.score.covered} of {first.score.queries}'
    return [*cards, (covered, 'queries have a positive')]


def _example(example: Example) -> dict[str, object]:
    images = [None if image is None else jpeg_uri(image) for image in example.images]
    return {'similarity': example.similarity, 'text': example.text, 'images': images}
