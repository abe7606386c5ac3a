# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The demo's figures: a table in the terminal and ``summary.json``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
import json
from pathlib import Path

from rich.console import Console
from rich.table import Table

from avpr_ros.evaluation.machine import machine, versions
from avpr_ros.storage.files import write_text_atomically
from simulation.demo.back_end import Corrected
from simulation.demo.scoring import Scored

#: Heading, key in the row, format.
COLUMNS = (
    ('recall@1', 'recall_at_1', '{:.3f}'),
    ('recall@5', 'recall_at_5', '{:.3f}'),
    ('queries', 'queries', '{}'),
    ('accepted', 'accepted', '{}'),
    ('wrong accepted (> 15 m)', 'wrong_accepted', '{}'),
    ('wrong among first 95 %', 'wrong_in_first_95_percent', '{}'),
    ('position error, median m', 'position_error_median_m', '{:.2f}'),
    ('p90 m', 'position_error_p90_m', '{:.2f}'),
    ('latency p50 ms', 'latency_p50_ms', '{:.1f}'),
    ('p95 ms', 'latency_p95_ms', '{:.1f}'),
)
#: Names of the methods in tables, plots and text.
TITLES = {
    'landmarks': 'with landmarks (default)',
    'asymmetric': 'light query, heavy map',
    'gallery': 'heavy on both sides',
    'light': 'light on both sides',
}


def in_order(scored: Sequence[Scored]) -> list[Scored]:
    """Return the methods as tables and plots show them, the default first."""
    names = list(TITLES)
    return sorted(scored, key=lambda one: names.index(one.method))


def cells(row: Mapping[str, object]) -> list[str]:
    """Return one row of the table as text, in the order of ``COLUMNS``."""
    return ['–' if row[key] is None else layout.format(row[key]) for _, key, layout in COLUMNS]


def print_table(scored: Sequence[Scored], console: Console) -> None:
    """Print one column a method, so that a terminal of 80 columns shows every figure."""
    table = Table(title='Drive 2 against the map of drive 1 (right: within 5 m)')
    table.add_column('')
    scored = in_order(scored)
    for method in scored:
        table.add_column(TITLES[method.method], justify='right')
    for (heading, _, _), *figures in zip(
        COLUMNS, *(cells(method.row) for method in scored), strict=True
    ):
        table.add_row(heading, *figures)
    console.print(table)


def write_summary(
    path: Path,
    scored: Sequence[Scored],
    corrected: Corrected,
    failures: Sequence[str],
    quick: bool,
    facts: Mapping[str, object],
) -> None:
    """Write ``summary.json`` in the format of result files.

    Args:
        path: the file.
        scored: one row each.
        corrected: a row of its own, with the method ``back_end``.
        failures: of the verdict; empty: passed.
        quick: a small town.
        facts: about the run: durations, drives.
    """
    document = {
        'machine': machine(),
        'versions': versions(),
        'command': 'python -m simulation' + (' --quick' if quick else ''),
        'quick': quick,
        'note': (
            'Synthetic town. Figures come from messages received over ROS 2 topics. The odometry '
            'used for mapping is the truth with 1 cm and 0.001 rad of noise, without drift; drift '
            'is added to that of drive 2. ate_before_m, ate_after_m: odometry and back-end, each '
            'moved rigidly onto the truth; error_in_map_m: the back-end as it lies in the map.'
        ),
        'passed': not failures,
        'failures': list(failures),
        'facts': dict(facts),
        'rows': [*(method.row for method in scored), corrected.row],
    }
    write_text_atomically(path, json.dumps(document, indent=1) + '\n')
