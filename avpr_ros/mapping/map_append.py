# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Adds drives to an existing map, as its next revision."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from avpr_ros.errors import MapError
from avpr_ros.gallery.describer import Describer, Progress, no_progress
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.gallery.manifest import Manifest
from avpr_ros.gallery.map_folder import check_replaceable
from avpr_ros.mapping.map_builder import build_into, not_written
from avpr_ros.mapping.previous_revision import PreviousRevision
from avpr_ros.mapping.source_table import check_sources
from avpr_ros.mapping.stages.map_writer import Finish, MapSettings
from avpr_ros.sources.frame import FrameSource
from avpr_ros.storage.files import atomic_folder


def append_to_map(
    gallery: GalleryMap,
    sources: Sequence[FrameSource],
    describer: Describer,
    settings: MapSettings,
    progress: Progress = no_progress,
    finish: Finish | None = None,
) -> GalleryMap:
    """Add sessions to a map; its next revision replaces it atomically.

    Keyframes keep their ids and rows, and the descriptor space stays, so that query networks of
    the map go on to fit.

    Args:
        gallery: the complete map; the folder keeps its name.
        sources: one or more drives, with poses in the frame of the map.
        describer: describer of the map's descriptor space.
        settings: thumbnails as given; the keyframe spacing should be that of the map.
        progress: called with stage, done and total.
        finish: called with the new revision before it replaces the map.

    Raises:
        SourceError: no usable frame, or sources whose poses are in other frames.
        SpaceMismatchError: the describer's space is another one.
        MapError: the folder cannot be written, the map there is another one by now, or the
            describer's work is not usable.
        OutputBusyError: another process is writing the map.
    """
    base = PreviousRevision(gallery)
    drives = list(sources)
    check_sources(drives)
    base.check(drives)

    def check_revision(path: Path) -> None:
        _check_revision(gallery, path)

    try:
        with atomic_folder(gallery.path, replace=True, check=check_revision) as folder:
            build_into(folder, drives, describer, settings, progress, finish, base)
    except OSError as error:
        raise not_written(gallery.path, error) from error
    return GalleryMap.open(gallery.path, verify=False)


def _check_revision(gallery: GalleryMap, path: Path) -> None:
    """Check that a folder still holds the revision that was opened; raises ``MapError``."""
    check_replaceable(path)
    if Manifest.load(path).to_json() != gallery.manifest.to_json():
        raise MapError(
            f'the map {gallery.path} was changed since it was opened as revision '
            f'{gallery.manifest.revision}; it stays as it is: add the drive again'
        )
