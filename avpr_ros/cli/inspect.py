# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""``avpr inspect``: what a map is, whether it is whole, where its places look alike."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Folder = Annotated[Path, typer.Argument(metavar='MAP', help='Folder of the map.')]
Report = Annotated[Path | None, typer.Option(help='Also write an HTML report here.')]


def inspect(folder: Folder, report: Report = None) -> None:
    """Print a map's facts, check every file, and compare its places with one another."""
    from avpr_ros.cli.console import print_note, print_table
    from avpr_ros.evaluation.map_facts import map_facts
    from avpr_ros.evaluation.self_similarity import self_similarity
    from avpr_ros.gallery.gallery_map import GalleryMap

    gallery = GalleryMap.open(folder)
    gallery.space()
    shown = sum(gallery.thumbnail(row) is not None for row in range(len(gallery)))
    facts = map_facts(gallery, self_similarity(gallery))
    facts.append(
        ('integrity', f'whole: {len(gallery.manifest.files)} files and {shown} thumbnails match')
    )
    print_table(f'gallery map {folder}', facts)
    if report is not None:
        from avpr_ros.evaluation.map_report import write_map_report

        write_map_report(gallery, report)
        print_note(f'report: {report}')
