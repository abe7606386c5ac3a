# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Console output of all commands. Rich is imported when something is printed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from avpr_ros.storage.files import printable


class ProgressReport(Protocol):
    """Sets the progress bar of a stage; compatible with ``Progress`` of the builder."""

    def __call__(self, stage: str, done: int, total: int | None) -> None:
        """Set the progress of a stage; ``total`` is None where it is unknown."""
        ...


def print_error(text: str) -> None:
    """Print one red line on stderr."""
    from rich.console import Console

    line = ' '.join(f'error: {printable(text)}'.split())
    Console(stderr=True, highlight=False).print(line, style='red', markup=False, soft_wrap=True)


def print_note(text: str) -> None:
    """Print one plain line on stdout."""
    from rich.console import Console

    Console(highlight=False).print(printable(text), markup=False, soft_wrap=True)


def print_table(title: str, rows: list[tuple[str, str]]) -> None:
    """Print pairs of a name and a value."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=printable(title), title_justify='left', show_header=False)
    table.add_column(style='bold', no_wrap=True)
    table.add_column(overflow='fold')
    for name, value in rows:
        table.add_row(escape(printable(name)), escape(printable(value)))
    Console(highlight=False).print(table)


def print_columns(title: str, lines: list[list[str]]) -> None:
    """Print a table: the first line are headings, the first column names the rows."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=title, title_justify='left')
    for number, heading in enumerate(lines[0]):
        table.add_column(escape(heading), justify='right' if number else 'left')
    for line in lines[1:]:
        table.add_row(*(escape(cell) for cell in line))
    Console(highlight=False).print(table)


@contextmanager
def progress_bars() -> Iterator[ProgressReport]:
    """Show a bar for each stage, with the time left; yields the function that moves them."""
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TaskID,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn('{task.description}'),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn('left'),
        TimeRemainingColumn(),
    )
    with Progress(*columns) as bars:
        tasks: dict[str, TaskID] = {}

        def report(stage: str, done: int, total: int | None) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=total)
            bars.update(tasks[stage], completed=done, total=total)

        yield report
