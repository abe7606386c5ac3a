# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Builds a map on disk from frames and a describer, atomically."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from avpr_ros.errors import ConfigError, MapError, SourceError
from avpr_ros.gallery.describer import Describer, Progress, no_progress
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.gallery.map_folder import check_replaceable, is_map
from avpr_ros.mapping.keyframe_extraction import nothing_usable
from avpr_ros.mapping.previous_revision import PreviousRevision
from avpr_ros.mapping.source_table import check_sources
from avpr_ros.mapping.stages.local_build import LocalBuild
from avpr_ros.mapping.stages.map_writer import DescribedKeyframes, Finish, MapSettings, write_map
from avpr_ros.mapping.stages.shards import ShardStore
from avpr_ros.sources.frame import FrameSource
from avpr_ros.storage.files import atomic_folder, check_name, is_empty_folder
from avpr_ros.storage.object_store import LocalObjects
from avpr_ros.storage.target_lock import real_path, target_lock
from avpr_ros.storage.workspace import remove_leftovers
from avpr_ros.threads import one_product_thread


@dataclass(frozen=True, kw_only=True)
class BuildSettings(MapSettings):
    """How a map is built.

    Attributes:
        replace: overwrite an existing map.
    """

    replace: bool = False


def build_map(
    sources: FrameSource | Sequence[FrameSource],
    describer: Describer,
    output: Path,
    settings: BuildSettings,
    progress: Progress = no_progress,
    finish: Finish | None = None,
) -> GalleryMap:
    """Build a map.

    Args:
        sources: one or more drives; each becomes a session. All must give their poses in the
            same map frame with the same origin.
        describer: computes the descriptors and their space.
        output: the map's folder, created atomically.
        settings: keyframe spacing, thumbnails and memory.
        progress: called with stage, done and total.
        finish: called with the map before it is renamed.

    Raises:
        SourceError: no usable frame, or sources that do not belong together.
        MapError: the output exists, cannot be written, or the describer's work is not usable.
        OutputBusyError: another process is writing the same output.
    """
    drives = list(sources) if isinstance(sources, Sequence) else [sources]
    check_sources(drives)
    check_output(output, settings.replace)
    try:
        check = check_replaceable if settings.replace else None
        with atomic_folder(output, replace=settings.replace, check=check) as folder:
            build_into(folder, drives, describer, settings, progress, finish, PreviousRevision())
    except FileExistsError as error:
        raise _exists(output) from error
    except OSError as error:
        raise not_written(output, error) from error
    return GalleryMap.open(output, verify=False)


def check_output(output: Path, replace_existing: bool) -> None:
    """Check that the output does not exist or is a map that may be replaced.

    Raises:
        ConfigError: its name is no UTF-8, too long or empty.
        MapError: it exists and ``replace_existing`` is false, or it is not a map, or there are
            other files in the map's folder, or its parent folder cannot be written.
        OutputBusyError: another process is writing it.
    """
    check_name(output)
    if output.name in ('', '..'):
        shown = '/' if output.is_absolute() else 'the current folder'
        raise ConfigError(f'The map cannot be {shown} itself: name a new folder in it.')
    output = real_path(output)
    if output.parent.is_dir():
        try:
            with target_lock(output):
                remove_leftovers(output)
        except OSError as error:
            raise not_written(output, error) from error
    if not output.exists() or is_empty_folder(output):
        return
    if not replace_existing and is_map(output):
        raise _exists(output)
    check_replaceable(output)


def build_into(
    folder: Path,
    sources: list[FrameSource],
    describer: Describer,
    settings: MapSettings,
    progress: Progress,
    finish: Finish | None,
    base: PreviousRevision,
) -> None:
    """Write a map into an empty folder: the base's keyframes, then those of the sources.

    The shards of its chunks wait in a hidden folder beside it.
    """
    store = ShardStore(LocalObjects(folder.parent / '.shards'))
    build = LocalBuild(sources, describer, settings, store, progress)
    build.extract()
    count = sum(build.counts)
    if count == 0:
        raise SourceError(nothing_usable(build.sessions))
    with one_product_thread():
        space, described = build.describe(folder.parent)
        new = DescribedKeyframes(build.sessions, build.thumbnails(), space, described)
        write_map(folder, new, settings.form, base, progress, finish)


def not_written(output: Path, error: OSError) -> MapError:
    """Return the error of a map folder that cannot be written."""
    return MapError(
        f'the map {output} cannot be written ({error.strerror or error}); free disk space or '
        'choose another folder'
    )


def _exists(output: Path) -> MapError:
    return MapError(f'{output} exists; choose another folder or use --replace')
