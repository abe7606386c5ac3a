# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Builds a map on disk from frames and a describer, atomically."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
import math
from pathlib import Path
from typing import TypeAlias
import uuid

import numpy as np

from avpr_ros import __version__
from avpr_ros.errors import ConfigError, MapError, SourceError
from avpr_ros.gallery import gallery_map, manifest, thumbnails
from avpr_ros.gallery.describer import Describer, Progress, checked_rows, no_progress
from avpr_ros.gallery.descriptor_space import DescriptorSpace
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.gallery.index.index_info import IndexInfo
from avpr_ros.gallery.index.selection import DEFAULT_MEMORY_MB, build_index
from avpr_ros.gallery.map_folder import check_replaceable
from avpr_ros.mapping.keyframe_extraction import (
    SelectedSession,
    all_alike,
    nothing_usable,
    select_frames,
    selected_images,
)
from avpr_ros.mapping.previous_revision import PreviousRevision
from avpr_ros.mapping.source_table import CameraTable, check_sources, keyframe_table
from avpr_ros.sources.frame import FrameSource
from avpr_ros.storage.files import atomic_folder, check_name, is_empty_folder
from avpr_ros.storage.target_lock import real_path, target_lock
from avpr_ros.storage.workspace import remove_leftovers

#: A descriptor space of fewer dimensions, fitted on the keyframes, tells none of them apart.
_MIN_DIM = 2

#: Called with the finished map before it is renamed; may add ``report.html`` and views.
Finish: TypeAlias = Callable[[GalleryMap], object]


@dataclass(frozen=True)
class BuildSettings:
    """How a map is built.

    Attributes:
        min_distance_m: distance after which a new keyframe is taken.
        min_rotation_rad: rotation after which a new keyframe is taken.
        thumbnail_px: shorter side of a thumbnail; images are never enlarged.
        thumbnail_quality: JPEG quality of a thumbnail.
        replace: overwrite an existing map.
        memory_mb: largest memory of the index on the robot, in megabytes; decides its kind.
    """

    min_distance_m: float = 1.0
    min_rotation_rad: float = math.radians(15)
    thumbnail_px: int = 320
    thumbnail_quality: int = 90
    replace: bool = False
    memory_mb: float = DEFAULT_MEMORY_MB

    def __post_init__(self) -> None:
        """Check every value; raises ``ConfigError``."""
        for name in ('min_distance_m', 'min_rotation_rad'):
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= 0):
                raise ConfigError(f'{name} is {value}; use a finite number, 0 or more')
        if not self.memory_mb > 0:
            raise ConfigError(f'memory_mb is {self.memory_mb}; use a number above 0')
        if self.thumbnail_px < 16:
            raise ConfigError(f'thumbnail_px is {self.thumbnail_px}; use 16 or more')
        if not 1 <= self.thumbnail_quality <= 100:
            raise ConfigError(f'thumbnail_quality is {self.thumbnail_quality}; use 1 to 100')


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
        ConfigError: its name is no UTF-8.
        MapError: it exists and ``replace_existing`` is false, or it is not a map, or there are
            other files in the map's folder, or its parent folder cannot be written.
        OutputBusyError: another process is writing it.
    """
    check_name(output)
    output = real_path(output)
    if output.parent.is_dir():
        try:
            with target_lock(output):
                remove_leftovers(output)
        except OSError as error:
            raise not_written(output, error) from error
    if not output.exists() or is_empty_folder(output):
        return
    if not replace_existing:
        raise _exists(output)
    check_replaceable(output)


def build_into(
    folder: Path,
    sources: list[FrameSource],
    describer: Describer,
    settings: BuildSettings,
    progress: Progress,
    finish: Finish | None,
    base: PreviousRevision,
) -> None:
    """Write a map into an empty folder: the base's keyframes, then those of the sources."""
    writer = thumbnails.ThumbnailWriter(folder, settings.thumbnail_px, settings.thumbnail_quality)
    writer.take_over(base.copy_thumbnails(folder))
    sessions = select_frames(
        sources,
        settings.min_distance_m,
        settings.min_rotation_rad,
        lambda row, image: writer.write(base.first_id + row, image),
        progress,
    )
    writer.close()
    count = sum(len(session.selected) for session in sessions)
    if count == 0:
        raise SourceError(nothing_usable(sessions))
    space, described = describer.describe_gallery(
        lambda: selected_images(sessions), count, progress
    )
    if space.dim < _MIN_DIM:
        raise SourceError(all_alike(count))
    base.check_space(space)
    rows = base.with_descriptors(checked_rows(describer, space, described, count))
    cameras = CameraTable(sources, base.cameras)
    np.save(folder / gallery_map.DESCRIPTORS, rows, allow_pickle=False)
    table = keyframe_table(sessions, cameras, base.first_id, base.sessions)
    base.with_keyframes(table).save(folder / gallery_map.KEYFRAMES)
    progress('index', 0, 1)
    index, info = build_index(rows, settings.memory_mb)
    index.save(folder / gallery_map.INDEX)
    progress('index', 1, 1)
    space.save_arrays(folder / gallery_map.SPACE)
    names = [*gallery_map.REQUIRED, thumbnails.SUMS]
    draft = base.revise(_draft(sources, sessions, cameras, space, settings, info))
    draft.sealed(folder, names).save(folder)
    if finish is not None:
        finish(GalleryMap.open(folder))
        parts = (name for name in gallery_map.OPTIONAL if name not in names)
        added = [name for name in parts if (folder / name).is_file()]
        draft.sealed(folder, names + added).save(folder)


def _draft(
    sources: list[FrameSource],
    sessions: list[SelectedSession],
    cameras: CameraTable,
    space: DescriptorSpace,
    settings: BuildSettings,
    index: IndexInfo,
) -> manifest.Manifest:
    return manifest.Manifest(
        map_id=str(uuid.uuid4()),
        revision=1,
        created=datetime.now(timezone.utc).isoformat(timespec='seconds'),
        tool_version=__version__,
        descriptor_space=manifest.SpaceInfo(space.id, space.network, space.dim, space.input_px),
        map_frame=sources[0].map_frame,
        base_frame=sources[0].base_frame,
        cameras=cameras.cameras,
        sessions=tuple(
            manifest.Session(
                name=session.source.name,
                pose_source=session.source.pose_source,
                frames=session.frames,
                keyframes=len(session.selected),
                undecodable=session.undecodable,
                first_problem=session.first_problem,
                unusable=session.unusable,
                first_unusable=session.first_unusable,
                start_ns=session.selected[0].stamp_ns if session.selected else 0,
                end_ns=session.selected[-1].stamp_ns if session.selected else 0,
            )
            for session in sessions
        ),
        geodetic_origin=sources[0].geodetic_origin,
        keyframe_spacing=manifest.KeyframeSpacing(
            settings.min_distance_m, settings.min_rotation_rad
        ),
        calibration=None,
        index=index,
    )


def not_written(output: Path, error: OSError) -> MapError:
    """Return the error of a map folder that cannot be written."""
    return MapError(
        f'the map {output} cannot be written ({error.strerror or error}); free disk space or '
        'choose another folder'
    )


def _exists(output: Path) -> MapError:
    return MapError(f'{output} exists; choose another folder or use --replace')
