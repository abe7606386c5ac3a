# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""``avpr doctor``: what is wrong with a recording, why it matters and what to do."""

from __future__ import annotations

from dataclasses import asdict
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from avpr_ros.cli import options as shared

if TYPE_CHECKING:
    from avpr_ros.gallery.gallery_map import GalleryMap
    from avpr_ros.mapping.doctor import Finding
    from avpr_ros.sources.options import SourceOptions

Sources = Annotated[
    list[Path], typer.Argument(help='Bag or image folder; several files of one bag.')
]
Map = Annotated[
    Path | None, typer.Option('--map', help='Map that the drive shall be added to or matched on.')
]
Json = Annotated[bool, typer.Option('--json', help='Print the findings as JSON.')]
_COLOURS = {'ok': 'green', 'warning': 'yellow', 'error': 'red'}


def doctor(
    source: Sources,
    map_folder: Map = None,
    image_topic: shared.ImageTopics = None,
    pose_topic: shared.PoseTopic = None,
    tum: shared.Tum = None,
    poses: shared.Poses = None,
    map_frame: shared.MapFrame = None,
    base_frame: shared.BaseFrame = None,
    max_gap_s: shared.MaxGap = 0.5,
    as_json: Json = False,
) -> None:
    """Check a recording: exit code 0 if all is well, 1 with warnings, 2 with errors."""
    from avpr_ros.gallery.gallery_map import GalleryMap
    from avpr_ros.mapping.doctor import exit_code
    from avpr_ros.sources.options import SourceOptions

    topics = tuple(image_topic or ())
    options = SourceOptions(topics, pose_topic, tum, poses, max_gap_s, map_frame, base_frame)
    gallery = None if map_folder is None else GalleryMap.open(map_folder)
    findings = _findings(source, options, gallery)
    if as_json:
        report = {
            'source': str(source[0]),
            'exit_code': exit_code(findings),
            'findings': [asdict(finding) for finding in findings],
        }
        typer.echo(json.dumps(report, indent=2))
    else:
        _print(str(source[0]), findings)
    raise typer.Exit(exit_code(findings))


def _findings(
    paths: list[Path], options: SourceOptions, gallery: GalleryMap | None
) -> list[Finding]:
    from avpr_ros.api.maps import in_map_frame
    from avpr_ros.errors import ConfigError
    from avpr_ros.mapping.doctor import examine
    from avpr_ros.mapping.drive_checks import DriveRules
    from avpr_ros.mapping.map_builder import BuildSettings
    from avpr_ros.sources.open import group_splits

    recordings = group_splits(paths)
    if len(recordings) > 1:
        raise ConfigError('avpr doctor checks one recording at a time; name one')
    rules = DriveRules(
        BuildSettings.min_distance_m,
        BuildSettings.min_rotation_rad,
        frame_stated=options.map_frame is not None,
        allow_duplicates=True,
    )
    if gallery is not None:
        options = in_map_frame(gallery, options)
    return examine(recordings[0], options, rules, gallery)


def _print(name: str, findings: list[Finding]) -> None:
    from rich.console import Console
    from rich.markup import escape

    from avpr_ros.storage.files import printable

    console = Console(highlight=False)
    console.print(escape(printable(name)), soft_wrap=True)
    for finding in sorted(findings, key=lambda one: -list(_COLOURS).index(one.level)):
        colour = _COLOURS[finding.level]
        head = f'[{colour}]{finding.level}[/] {escape(finding.check)}: '
        console.print(head + escape(printable(finding.found)), soft_wrap=True)
        if finding.level != 'ok':
            console.print(f'    why: {escape(finding.why)}', soft_wrap=True)
            console.print(f'    remedy: {escape(finding.remedy)}', soft_wrap=True)
