# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What more steps bring: AsymVPR and plain regression, trained three and six times as long.

The rows of ``training.py`` are taken as they are; from the same start, on the same views, longer
trainings are put beside them. A finished row is never computed again.
"""

from __future__ import annotations

import argparse

from rich.console import Console
import torch

from benchmarks.results import RESULTS, Row, print_table, stored_rows, write_results
from benchmarks.training import MOST_STEPS, train
from benchmarks.training_cache import Prepared, prepare
from benchmarks.training_sets import SETS

METHODS = ('asymvpr', 'regression')
SHOWN = ('set', 'method', 'seed', 'steps', 'recall_at_1', 'recall_at_5', 'recall_at_10')
NOTE = (
    'Seed 0. The rows of 250 steps and those of light, one network on both sides, are of '
    'training.json; the others start alike and draw from the same pool of augmented views, but '
    'walk through it more often. Sets, truth and figures as in training.json.'
)


def main() -> None:
    """Train what is missing, print the table, write the result file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--set', action='append', choices=list(SETS))
    parser.add_argument('--method', action='append', choices=METHODS)
    parser.add_argument('--steps', action='append', type=int)
    parser.add_argument('--threads', type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    console = Console()
    path = RESULTS / 'training_budget.json'
    for name in options.set or ('ietower', 'town'):
        prepared: Prepared | None = None
        for steps in options.steps or (3 * MOST_STEPS, 6 * MOST_STEPS):
            for method in options.method or METHODS:
                if (name, method, steps) in map(_key, stored_rows(path)):
                    continue
                prepared = prepared or prepare(SETS[name](), console)
                row = train(prepared, method, 0, steps)
                rows = _merged([*stored_rows(path), row])
                write_results('training_budget', rows, quick=False, note=NOTE)
    print_table(stored_rows(path), 'Longer training')


def _key(row: Row) -> tuple[object, ...]:
    return row['set'], row['method'], row.get('steps')


def _merged(rows: list[Row]) -> list[Row]:
    """Put the longer trainings beside what ``training.py`` has of their sets."""
    sets = {str(row['set']) for row in rows}
    beside = [
        row
        for row in stored_rows(RESULTS / 'training.json')
        if row['set'] in sets and row['method'] in (*METHODS, 'light') and row['seed'] == 0
    ]
    longer = [row for row in rows if int(str(row.get('steps', 0))) > MOST_STEPS]
    return sorted(
        ({key: row[key] for key in SHOWN if key in row} for row in [*beside, *longer]),
        key=lambda row: (
            list(SETS).index(str(row['set'])),
            str(row['method']),
            int(str(row.get('steps', 0))),
        ),
    )


if __name__ == '__main__':
    main()
