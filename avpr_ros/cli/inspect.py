# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""``avpr inspect``, ``sign``, ``verify``: facts, integrity and signature of a map."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from avpr_ros.cli.options import check_result

if TYPE_CHECKING:
    from avpr_ros.gallery.calibration import Calibration
    from avpr_ros.gallery.manifest import Manifest

Folder = Annotated[Path, typer.Argument(metavar='MAP', help='Folder of the map.')]
ReportFile = Annotated[
    Path | None,
    typer.Option(help='HTML report to write, with plots and the most similar places.'),
]
Key = Annotated[
    Path,
    typer.Option(help='PEM file with a private Ed25519 key: openssl genpkey -algorithm ed25519.'),
]
Keys = Annotated[
    Path,
    typer.Option(help='PEM file with the public Ed25519 keys that are accepted.'),
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

    if report is not None:
        check_result(report, query)
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


def sign(folder: Folder, key: Key) -> None:
    """Check every file of a map and sign its manifest, which has the hash of each."""
    from avpr_ros.cli.console import print_note
    from avpr_ros.errors import MapError
    from avpr_ros.gallery.gallery_map import GalleryMap
    from avpr_ros.gallery.map_folder import MANIFEST, SIGNATURE, open_manifest
    from avpr_ros.storage.signature import sign_map

    checked, text = GalleryMap.open(folder).files[MANIFEST].read(), open_manifest(folder).read()
    if text != checked:
        raise MapError(f'{folder} was changed while it was checked; sign it again')
    signer = sign_map(
        folder / SIGNATURE, text, key, lambda: str(typer.prompt('Password', hide_input=True))
    )
    print_note(f'{folder / SIGNATURE}: signature by the key {signer}')


def verify(folder: Folder, keys: Keys) -> None:
    """Check that a map was signed with one of the keys and is as it was then."""
    from avpr_ros.cli.console import print_note
    from avpr_ros.gallery.gallery_map import GalleryMap
    from avpr_ros.gallery.manifest import NAME
    from avpr_ros.gallery.map_folder import read_signature
    from avpr_ros.storage.signature import TrustedKeys

    trusted = TrustedKeys.load(keys)
    gallery = GalleryMap.open(folder, trusted=trusted)
    signer = trusted.check(folder, gallery.files[NAME].read(), read_signature(folder))
    gallery.space()
    shown = sum(gallery.thumbnail(row) is not None for row in range(len(gallery)))
    print_note(
        f'{folder} was signed with the key {signer}; {len(gallery.manifest.files)} files and '
        f'{shown} thumbnails are as they were then'
    )


def _calibration(query: Path, manifest: Manifest) -> Calibration | None:
    from avpr_ros.localization.space_check import check_space
    from avpr_ros.runtime.query_manifest import QueryManifest

    found = QueryManifest.load(query.with_suffix('.json'))
    check_space(found, manifest)
    return found.calibration
