# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""``python -m simulation``: what ``make demo`` runs."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
import sys

from rich.console import Console

from avpr_ros.errors import AvprError
from simulation.demo.run import run_demo
from simulation.drives.scenario import FULL, QUICK
from simulation.drives.worlds import QUICK_WORLDS, WORLDS, record_world

#: Exit codes: the figures are not good enough; a step failed.
_NOT_PASSED = 1
_FAILED = 2


def main(argv: Sequence[str] | None = None) -> int:
    """Run the demo; return 0 only if its figures are good enough."""
    parser = argparse.ArgumentParser(prog='python -m simulation', description=__doc__)
    parser.add_argument(
        '--output',
        type=Path,
        default=Path('build/demo'),
        help='folder for all results (default: %(default)s)',
    )
    parser.add_argument('--quick', action='store_true', help='a town of four crossings')
    parser.add_argument(
        '--world',
        choices=[world.name for world in WORLDS],
        help='only record the missing bags of one of the difficult worlds',
    )
    options = parser.parse_args(argv)
    console = Console(highlight=False)
    folder = options.output.resolve()
    worlds = {world.name: world for world in (QUICK_WORLDS if options.quick else WORLDS)}
    try:
        if options.world is not None:
            record_world(worlds[options.world], folder, console)
            return 0
        failures = run_demo(
            folder, QUICK if options.quick else FULL, quick=options.quick, console=console
        )
    except AvprError as error:
        Console(stderr=True).print(f'error: {error}', style='red', markup=False)
        return _FAILED
    for failure in failures:
        console.print(f'[red]not passed:[/red] {failure}')
    if not failures:
        console.print('[green]passed[/green]')
    console.print(f'Report: {folder / "report.html"}')
    return _NOT_PASSED if failures else 0


if __name__ == '__main__':
    sys.exit(main())
