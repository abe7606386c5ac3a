# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""``avpr build --append``: further drives into an existing map."""

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
) -> None:
    """Add drives to a map and say what that means for its query networks.

    Raises:
        ConfigError: no map is named.
        AvprError: map, drives or query network cannot be used, or do not belong together.
    """
    from avpr_ros.api.drives import open_drives
    from avpr_ros.api.maps import in_map_frame
    from avpr_ros.cli.console import print_note
    from avpr_ros.cli.drives import run_preflight
    from avpr_ros.gallery.gallery_map import GalleryMap

    if output is None:
        raise ConfigError('no --output is given; name the folder of the map to add to')
    gallery = GalleryMap.open(output)
    manifest = gallery.manifest
    drives = open_drives(sources, in_map_frame(gallery, options))
    spacing = manifest.keyframe_spacing
    run_preflight(drives, spacing.distance_m, spacing.rotation_rad)
    if dry_run:
        return
    if query is not None:
        _check_pair(query, gallery)
    grown = _append(gallery, drives)
    for session in grown.manifest.sessions[len(manifest.sessions) :]:
        print_note(f'{session.name}: {session.keyframes} of {session.frames} frames')
    print_note(f'{output}: revision {grown.manifest.revision}, {len(grown)} keyframes')
    _say_calibration(grown, query)


def _check_pair(query: Path, gallery: GalleryMap) -> None:
    """Refuse a wrong query network before the work, not after."""
    from avpr_ros.localization.space_check import check_space
    from avpr_ros.runtime.onnx_backend import OnnxQueryNetwork

    check_space(OnnxQueryNetwork.open(query).manifest, gallery.manifest)


def _append(gallery: GalleryMap, drives: list[FrameSource]) -> GalleryMap:
    from avpr_ros.api.maps import append_to_map
    from avpr_ros.cli.console import progress_bars

    with progress_bars() as report:
        return append_to_map(gallery, drives, progress=report)


def _say_calibration(grown: GalleryMap, query: Path | None) -> None:
    from avpr_ros.cli.console import print_note

    if query is None:
        print_note(
            'query networks of this map still fit, but their calibration does not know the new '
            'sessions: give --query next time, or train again with avpr train'
        )
        return
    from avpr_ros.training.recalibrate import recalibrate

    outcome = recalibrate(grown, query)
    print_note(f'{query}: {outcome.text}')
