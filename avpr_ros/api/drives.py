# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Drives and maps as the public functions take them: as paths or as opened objects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
import os
from pathlib import Path
from typing import TypeAlias

from avpr_ros.errors import ConfigError
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.mapping.drive_checks import DriveRules, check_drives, require_ok
from avpr_ros.sources.frame import FrameSource
from avpr_ros.sources.open import group_splits, open_recording
from avpr_ros.sources.options import SourceOptions

PathLike: TypeAlias = str | os.PathLike[str]

#: A map folder, or the map that was opened from it.
AnyMap: TypeAlias = PathLike | GalleryMap

#: A bag or an image folder, or an opened source.
AnyDrive: TypeAlias = PathLike | FrameSource


def open_map(gallery: AnyMap) -> GalleryMap:
    """Return an opened map; raises ``MapError``."""
    return gallery if isinstance(gallery, GalleryMap) else GalleryMap.open(gallery)


def open_drives(paths: Sequence[PathLike], options: SourceOptions) -> list[FrameSource]:
    """Open every source; with GNSS poses all share the origin of the first.

    Splits of one recording that follow one another are opened as one source.

    Raises:
        ConfigError: no source is given.
        SourceError: a source cannot be opened.
    """
    if not paths:
        raise ConfigError('no drive is given; name at least one bag or image folder')
    recordings = group_splits([Path(path) for path in paths])
    drives = [open_recording(recordings[0], options)]
    if len(recordings) > 1:
        shared = replace(options, geodetic_origin=drives[0].geodetic_origin)
        drives += [open_recording(files, shared) for files in recordings[1:]]
    return drives


def checked_drives(
    drives: AnyDrive | Sequence[AnyDrive],
    options: SourceOptions | None,
    rules: DriveRules,
    gallery: GalleryMap | None = None,
) -> list[FrameSource]:
    """Return opened sources; those given as paths must pass the checks of ``avpr build``.

    Args:
        drives: paths, or opened sources.
        options: how paths are opened.
        rules: what is asked of the drives.
        gallery: the map they are added to; None for a new one.

    Raises:
        ConfigError: no source, or paths and opened sources side by side.
        SourceError: a source cannot be opened, or a check failed; the text is that of the checks.
    """
    listed = list(drives) if isinstance(drives, Sequence) and not isinstance(drives, str) else None
    items: list[AnyDrive] = [drives] if listed is None else listed  # type: ignore[list-item]
    paths = [item for item in items if isinstance(item, str | os.PathLike)]
    if not paths and items:
        return [item for item in items if not isinstance(item, str | os.PathLike)]
    if len(paths) < len(items):
        raise ConfigError('paths and opened sources are mixed; give one kind of them')
    opened = open_drives(paths, options or SourceOptions())
    require_ok(check_drives(opened, rules, gallery))
    return opened
