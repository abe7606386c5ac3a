# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""An evaluation as JSON and as Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
import json
from pathlib import Path

from avpr_ros.evaluation.machine import machine, versions
from avpr_ros.evaluation.reports.evaluation_page import write_page
from avpr_ros.evaluation.reports.evaluation_tables import (
    ACCEPTANCE,
    acceptance_table,
    cost_table,
    precision_table,
    recall_table,
    rows,
    storage,
)
from avpr_ros.evaluation.retrieval.evaluation import MEANING, Evaluation
from avpr_ros.storage.files import write_text_atomically

JSON, MARKDOWN, PAGE = 'evaluation.json', 'evaluation.md', 'evaluation.html'

DENOMINATORS = {
    'recall_at_N': 'over all queries; one without a positive counts as missed '
    '(as VPR-methods-evaluation)',
    'recall_at_N_covered': 'over the queries that have a positive in the gallery '
    '(as VPR_Tutorial)',
}


def write_evaluation(folder: Path, evaluation: Evaluation, command: str) -> None:
    """Write ``evaluation.json``, ``.md`` and ``.html`` into a folder.

    Args:
        folder: made where it does not exist; files of an earlier run are replaced.
        evaluation: the figures to write.
        command: the command line that made the evaluation.
    """
    document = {
        'machine': machine(),
        'versions': versions(),
        'command': command,
        'truth': str(evaluation.truth),
        'denominators': DENOMINATORS,
        'facts': dict(evaluation.facts),
        'rows': rows(evaluation),
        'costs': [asdict(cost) for cost in evaluation.costs],
        'descriptor_bytes_per_keyframe': evaluation.descriptor_bytes,
        'map_bytes_per_keyframe': evaluation.map_bytes,
        'acceptance': None if evaluation.acceptance is None else asdict(evaluation.acceptance),
    }
    write_text_atomically(folder / JSON, json.dumps(document, indent=1, allow_nan=False) + '\n')
    write_text_atomically(folder / MARKDOWN, markdown(evaluation, command))
    write_page(folder / PAGE, evaluation, command)


def markdown(evaluation: Evaluation, command: str) -> str:
    """Return the whole as Markdown."""
    parts = [
        f'# Evaluation: {evaluation.name}',
        f'A retrieved image is correct {evaluation.truth}.',
        '\n'.join(f'- {what}: {value}' for what, value in evaluation.facts),
        '## Recall@N',
        _table(recall_table(evaluation)),
        '## Precision and recall of the best match',
        'Recall over the queries with a positive; an accepted query without one is wrong. The '
        'threshold sweeps every score that occurs.',
        _table(precision_table(evaluation)),
        *_acceptance(evaluation),
        '## Cost',
        _table(cost_table(evaluation)) if evaluation.costs else 'No network was run.',
        f'{storage(evaluation)}.',
        '## Pairs',
        '\n'.join(f'- {pair.method}: {MEANING[pair.method]}' for pair in evaluation.pairs),
        f'`{command}` on {machine()}.',
    ]
    return '\n\n'.join(parts) + '\n'


def _acceptance(evaluation: Evaluation) -> list[str]:
    if evaluation.acceptance is None:
        return []
    return ['## Acceptance', ACCEPTANCE, _table(acceptance_table(evaluation))]


def _table(lines: Sequence[Sequence[str]]) -> str:
    cells = [f'| {" | ".join(line)} |' for line in lines]
    return '\n'.join([cells[0], '|' + ' --- |' * len(lines[0]), *cells[1:]])
