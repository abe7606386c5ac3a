# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""``avpr inspect``: facts, integrity and similar places of a map."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from avpr_ros.gallery.calibration import Calibration
    from avpr_ros.gallery.manifest import Manifest

Folder = Annotated[Path, typer.Argument(metavar='MAP', help='Folder of the map.')]
ReportFile = Annotated[
    Path | None,
    typer.Option(help='HTML report to write, with plots and the most similar places.'),
]
Query = Annotated[
    Path | None, typer.Option(help='Query network, an ONNX file, whose calibration is printed.')
]


def inspect(folder: Folder, report: ReportFile = None, query: Query = None) -> None:
    """Print a map's facts, check every file, and list places that are hard to distinguish."""
    from avpr_ros.cli.console import print_note, print_table
    from avpr_ros.evaluation.map_quality.facts import map_facts
    from avpr_ros.evaluation.map_quality.report_data import MapQuality
    from avpr_ros.gallery.gallery_map import GalleryMap

    gallery = GalleryMap.open(folder)
    gallery.space()
    shown = sum(gallery.thumbnail(row) is not None for row in range(len(gallery)))
    calibration = None if query is None else _calibration(query, gallery.manifest)
    quality = MapQuality.compute(gallery, gallery.landmarks(), calibration)
    facts = map_facts(gallery, quality)
    facts.append(
        (
            'integrity',
            f'intact: {len(gallery.manifest.files)} files match their hashes, {shown} thumbnails '
            'can be read',
        )
    )
    print_table(f'gallery map {folder}', facts)
    if report is not None:
        from avpr_ros.evaluation.reports.map_report import write_map_report

        write_map_report(gallery, report, quality)
        print_note(f'report: {report}')


def _calibration(query: Path, manifest: Manifest) -> Calibration | None:
    from avpr_ros.localization.space_check import check_space
    from avpr_ros.runtime.query_manifest import QueryManifest

    found = QueryManifest.load(query.with_suffix('.json'))
    check_space(found, manifest)
    return found.calibration
