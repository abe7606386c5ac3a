# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""``avpr report``: write an HTML report of a run of the localizer."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from avpr_ros.cli.options import check_result

Run = Annotated[
    Path,
    typer.Argument(
        help='Bag with ~/matches and ~/pose, the folder that avpr localize wrote, or the '
        '.jsonl file of avpr_replay.'
    ),
]
Output = Annotated[Path, typer.Option('--output', '-o', help='The HTML file.')]
Map = Annotated[Path | None, typer.Option('--map', help='Folder of the map, drawn if given.')]


def report(run: Run, output: Output, map_folder: Map = None) -> None:
    """Write an HTML report of a run: decisions with reasons, trajectory, distances, latency."""
    from avpr_ros.cli.console import print_note, print_table
    from avpr_ros.evaluation.reports.run_report import run_facts, write_run_report
    from avpr_ros.evaluation.runs.localization_log import read_run
    from avpr_ros.gallery.gallery_map import GalleryMap

    check_result(output, run)
    images = read_run(run)
    write_run_report(images, GalleryMap.open(map_folder) if map_folder else None, output)
    print_table(f'run {run}', run_facts(images))
    print_note(f'report: {output}')
