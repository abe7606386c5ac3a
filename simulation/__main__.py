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
from simulation.drives.recording import record_drives
from simulation.drives.scenario import FULL, LIGHTS, QUICK, third_drive
from simulation.drives.worlds import QUICK_WORLDS, WORLDS, in_light, record_world

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
    parser.add_argument(
        '--light',
        choices=list(LIGHTS),
        help='only record the missing bag of a third drive through the town, in this light; with '
        '--world, its queries are in this light',
    )
    options = parser.parse_args(argv)
    console = Console(highlight=False)
    folder = options.output.resolve()
    scenario = QUICK if options.quick else FULL
    worlds = {world.name: world for world in (QUICK_WORLDS if options.quick else WORLDS)}
    try:
        if options.world is not None:
            world = worlds[options.world]
            if options.light is not None:
                world = in_light(world, options.light)
            record_world(world, folder, console)
            return 0
        if options.light is not None:
            record_drives(folder, [third_drive(scenario, options.light)], console)
            return 0
        failures = run_demo(folder, scenario, quick=options.quick, console=console)
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
