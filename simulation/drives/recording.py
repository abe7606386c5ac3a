# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Records several drives one after another, with bars of progress."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from simulation.drives.record import Recordable, Recorded, record_drive


def record_drives(
    folder: Path, drives: Iterable[Recordable], console: Console
) -> dict[str, Recorded]:
    """Render drives and write their bags, except those that are in the folder already.

    Args:
        folder: of the bags, made where it does not exist.
        drives: to record.
        console: for progress.

    Returns:
        What was recorded, by the drive's name and light.
    """
    folder.mkdir(parents=True, exist_ok=True)
    recorded = {}
    columns = (
        TextColumn('{task.description}'),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as progress:
        for drive in drives:
            if not (folder / drive.name).exists():
                report = _reporter(progress, console, f'{drive.name}, {drive.light}')
                name = f'{drive.name} ({drive.light})'
                recorded[name] = record_drive(drive, folder / drive.name, report)
    return recorded


def _reporter(progress: Progress, console: Console, name: str) -> Callable[[int, int], None]:
    """Return a progress function: a bar on a terminal, else a line for each tenth."""
    task = progress.add_task(name, total=None)

    def report(done: int, total: int) -> None:
        progress.update(task, completed=done, total=total)
        if not console.is_terminal and 10 * done // total > 10 * (done - 1) // total:
            console.print(f'  {name}: {done} of {total} images')

    return report
