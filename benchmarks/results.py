# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What every benchmark shares: the data folder, the result file, the printed table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
import json
from pathlib import Path
import sys

from rich.console import Console
from rich.table import Table

from avpr_ros.evaluation.machine import machine, versions
from avpr_ros.storage.files import write_text_atomically

Row = Mapping[str, object]

ROOT = Path(__file__).resolve().parent.parent
#: Real traversals; never part of the repository (see its README).
SHARED_DATA = ROOT.parent / 'shared' / 'data'
RESULTS = ROOT / 'benchmarks' / 'results'


def require_data(name: str) -> Path:
    """Return a set's folder, or leave with a message that names what is missing."""
    folder = SHARED_DATA / name
    if not folder.is_dir():
        raise SystemExit(f'skipped: the data set {folder} is not there')
    return folder


def write_results(
    name: str, rows: Sequence[Row], *, quick: bool, note: str = '', options: str = ''
) -> Path:
    """Write ``benchmarks/results/NAME.json``; a quick run goes beside it, never over it.

    ``options``: of the command line, where they decide what the rows hold.
    """
    path = RESULTS / (f'{name}.quick.json' if quick else f'{name}.json')
    document = {
        'machine': machine(),
        'versions': versions(),
        'command': ' '.join(
            part
            for part in (f'python -m benchmarks.{name}', '--quick' if quick else '', options)
            if part
        ),
        'quick': quick,
        'note': note,
        'rows': list(rows),
    }
    write_text_atomically(path, json.dumps(document, indent=1) + '\n')
    return path


def stored_rows(path: Path) -> list[Row]:
    """Return the rows of a result file, none where there is no file yet."""
    if not path.is_file():
        return []
    rows: list[Row] = json.loads(path.read_text(encoding='utf-8'))['rows']
    return rows


def print_table(rows: Sequence[Row], title: str) -> None:
    """Print rows as one table; columns in the order in which the rows name them."""
    columns = list(dict.fromkeys(key for row in rows for key in row))
    table = Table(title=title)
    for column in columns:
        table.add_column(column)
    for row in rows:
        table.add_row(*(_cell(row.get(column)) for column in columns))
    console = Console(file=sys.stdout)
    # Without a terminal rich takes 80 columns and cuts every figure.
    Console(file=sys.stdout, width=None if console.is_terminal else 200).print(table)


def _cell(value: object) -> str:
    if value is None:
        return ''
    return f'{value:.3f}' if isinstance(value, float) else str(value)
