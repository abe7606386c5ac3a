# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""``avpr build --append``: add drives to an existing map."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from avpr_ros.errors import ConfigError

if TYPE_CHECKING:
    from avpr_ros.gallery.gallery_map import GalleryMap
    from avpr_ros.sources.frame import FrameSource
    from avpr_ros.sources.options import SourceOptions


def append_drives(
    sources: list[Path],
    output: Path | None,
    options: SourceOptions,
    query: Path | None,
    dry_run: bool,
    allow_duplicates: bool = False,
) -> None:
    """Add drives to a map; recalibrate its query network where one is given.

    Raises:
        ConfigError: no map is given.
        AvprError: map, drives or query network are invalid or do not match.
    """
    from avpr_ros.api.drives import open_drives
    from avpr_ros.api.maps import in_map_frame
    from avpr_ros.cli.console import print_note
    from avpr_ros.cli.drives import print_unusable, run_preflight
    from avpr_ros.gallery.gallery_map import GalleryMap
    from avpr_ros.mapping.drive_checks import DriveRules

    if output is None:
        raise ConfigError('--append needs --output, the folder of the map to extend')
    gallery = GalleryMap.open(output)
    manifest = gallery.manifest
    drives = open_drives(sources, in_map_frame(gallery, options))
    spacing = manifest.keyframe_spacing
    rules = DriveRules(
        spacing.distance_m,
        spacing.rotation_rad,
        frame_stated=options.map_frame is not None,
        allow_duplicates=allow_duplicates,
    )
    run_preflight(drives, rules, gallery)
    if dry_run:
        return
    if query is not None:
        _check_pair(query, gallery)
    grown = _append(gallery, drives)
    for session in grown.manifest.sessions[len(manifest.sessions) :]:
        print_note(f'{session.name}: {session.keyframes} of {session.frames} frames')
        print_unusable(session)
    print_note(f'{output}: revision {grown.manifest.revision}, {len(grown)} keyframes')
    for warning in grown.warnings:
        print_note(f'warning: {warning}')
    _recalibrate(grown, query)


def _check_pair(query: Path, gallery: GalleryMap) -> None:
    """Reject a query network of another space before the map is extended."""
    from avpr_ros.localization.space_check import check_space
    from avpr_ros.runtime.onnx_backend import OnnxQueryNetwork

    check_space(OnnxQueryNetwork.open(query).manifest, gallery.manifest)


def _append(gallery: GalleryMap, drives: list[FrameSource]) -> GalleryMap:
    from avpr_ros.api.maps import append_to_map
    from avpr_ros.cli.console import progress_bars

    with progress_bars() as report:
        return append_to_map(gallery, drives, progress=report)


def _recalibrate(grown: GalleryMap, query: Path | None) -> None:
    from avpr_ros.cli.console import print_note
    from avpr_ros.gallery.gallery_map import GALLERY_NETWORK

    if query is None and GALLERY_NETWORK in grown.manifest.files:
        print_note('the calibration in the map covers the new sessions')
        return
    if query is None:
        print_note(
            'query networks of this map can still be used, but their calibration does not cover '
            'the new sessions: use --query with --append, or run avpr train again'
        )
        return
    from avpr_ros.training.recalibrate import recalibrate

    outcome = recalibrate(grown, query)
    print_note(f'{query}: {outcome.text}')
