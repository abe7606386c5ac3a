# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Settings of a map, and the files that are written of its keyframes and descriptors."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
import math
from pathlib import Path
from typing import TypeAlias
import uuid

import numpy as np

from avpr_ros import __version__
from avpr_ros.arrays import Descriptors
from avpr_ros.errors import ConfigError, SourceError
from avpr_ros.gallery import gallery_map, manifest, thumbnails
from avpr_ros.gallery.calibration import Calibration
from avpr_ros.gallery.describer import Progress, checked_rows
from avpr_ros.gallery.descriptor_space import DescriptorSpace, SpaceInfo
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.gallery.index.index_info import IndexInfo
from avpr_ros.gallery.index.selection import DEFAULT_MEMORY_MB, build_index
from avpr_ros.mapping.keyframe_extraction import SelectedSession, all_alike
from avpr_ros.mapping.previous_revision import PreviousRevision
from avpr_ros.mapping.source_table import CameraTable, keyframe_table
from avpr_ros.mapping.stages.chunks import CHUNK_KEYFRAMES, Selection
from avpr_ros.mapping.stages.keyframe_stage import ThumbnailFormat

#: A descriptor space of fewer dimensions, fitted on the keyframes, tells none of them apart.
_MIN_DIM = 2

#: Called with the finished map before it is renamed; may add ``report.html`` and views, and
#: may return the calibration of the gallery network; other values are dropped.
Finish: TypeAlias = Callable[[GalleryMap], object]


@dataclass(frozen=True, eq=False)
class DescribedKeyframes:
    """The new keyframes of a map, with their descriptors.

    Attributes:
        sessions: one of each drive.
        thumbnails: the JPEG of each keyframe, in order.
        space: of the descriptors.
        descriptors: (K, d) unit rows.
    """

    sessions: Sequence[SelectedSession]
    thumbnails: Iterable[bytes]
    space: DescriptorSpace
    descriptors: Descriptors


@dataclass(frozen=True)
class MapFormat:
    """What a map's files depend on beside its keyframes.

    Attributes:
        spacing: of the keyframes.
        memory_mb: largest memory of the index on the robot, in megabytes; decides its kind.
        thumbnail: format of the thumbnails.
    """

    spacing: manifest.KeyframeSpacing
    memory_mb: float
    thumbnail: ThumbnailFormat


@dataclass(frozen=True, kw_only=True)
class MapSettings:
    """Keyframes, thumbnails and index of a map.

    Attributes:
        min_distance_m: distance after which a new keyframe is taken.
        min_rotation_rad: rotation after which a new keyframe is taken.
        thumbnail_px: shorter side of a thumbnail; images are never enlarged.
        thumbnail_quality: JPEG quality of a thumbnail.
        memory_mb: largest memory of the index on the robot, in megabytes; decides its kind.
        chunk_keyframes: keyframes that are worked on as one piece.
    """

    min_distance_m: float = 1.0
    min_rotation_rad: float = math.radians(15)
    thumbnail_px: int = 320
    thumbnail_quality: int = 90
    memory_mb: float = DEFAULT_MEMORY_MB
    chunk_keyframes: int = CHUNK_KEYFRAMES

    def __post_init__(self) -> None:
        """Check every value; raises ``ConfigError``."""
        _ = self.selection
        if not self.memory_mb > 0:
            raise ConfigError(f'memory_mb is {self.memory_mb}; use a number above 0')
        if self.thumbnail_px < 16:
            raise ConfigError(f'thumbnail_px is {self.thumbnail_px}; use 16 or more')
        if not 1 <= self.thumbnail_quality <= 100:
            raise ConfigError(f'thumbnail_quality is {self.thumbnail_quality}; use 1 to 100')

    @property
    def selection(self) -> Selection:
        """Selection of keyframes; raises ``ConfigError``."""
        return Selection(self.min_distance_m, self.min_rotation_rad, self.chunk_keyframes)

    @property
    def form(self) -> MapFormat:
        """Format of the map's files."""
        spacing = manifest.KeyframeSpacing(self.min_distance_m, self.min_rotation_rad)
        thumbnail = ThumbnailFormat(self.thumbnail_px, self.thumbnail_quality)
        return MapFormat(spacing, self.memory_mb, thumbnail)


def write_map(
    folder: Path,
    new: DescribedKeyframes,
    form: MapFormat,
    base: PreviousRevision,
    progress: Progress,
    finish: Finish | None,
) -> None:
    """Write a map into an empty folder: the base's keyframes, then the new ones.

    Raises:
        SourceError: all keyframes show the same.
        SpaceMismatchError: the descriptors are not of the base's space.
        MapError: the descriptors are not usable.
    """
    sessions, space = new.sessions, new.space
    count = sum(len(session.positions) for session in sessions)
    if space.dim < _MIN_DIM:
        raise SourceError(all_alike(count))
    base.check_space(space)
    rows = base.with_descriptors(checked_rows(space.network, space, new.descriptors, count))
    writer = thumbnails.ThumbnailWriter(folder, form.thumbnail.side_px, form.thumbnail.quality)
    writer.take_over(base.copy_thumbnails(folder))
    for number, encoded in enumerate(new.thumbnails):
        writer.write_encoded(base.first_id + number, encoded)
    writer.close()
    indexes = [session.source for session in sessions]
    cameras = CameraTable(indexes, base.cameras)
    np.save(folder / gallery_map.DESCRIPTORS, rows, allow_pickle=False)
    table = keyframe_table(sessions, cameras, base.first_id, base.sessions)
    base.with_keyframes(table).save(folder / gallery_map.KEYFRAMES)
    progress('index', 0, 1)
    index, info = build_index(rows, form.memory_mb)
    index.save(folder / gallery_map.INDEX)
    progress('index', 1, 1)
    space.save_arrays(folder / gallery_map.SPACE)
    names = [*gallery_map.REQUIRED, thumbnails.SUMS]
    draft = base.revise(_draft(sessions, cameras, space, form, info))
    draft.sealed(folder, names).save(folder)
    if finish is not None:
        made = finish(GalleryMap.open(folder))
        if isinstance(made, Calibration):
            draft = replace(draft, calibration=made)
        parts = (name for name in gallery_map.OPTIONAL if name not in names)
        added = [name for name in parts if (folder / name).is_file()]
        draft.sealed(folder, names + added).save(folder)


def _draft(
    sessions: Sequence[SelectedSession],
    cameras: CameraTable,
    space: DescriptorSpace,
    form: MapFormat,
    index: IndexInfo,
) -> manifest.Manifest:
    first = sessions[0].source
    return manifest.Manifest(
        map_id=str(uuid.uuid4()),
        revision=1,
        created=datetime.now(timezone.utc).isoformat(timespec='seconds'),
        tool_version=__version__,
        descriptor_space=SpaceInfo.of(space),
        map_frame=first.map_frame,
        base_frame=first.base_frame,
        cameras=cameras.cameras,
        sessions=tuple(_entry(session) for session in sessions),
        geodetic_origin=first.geodetic_origin,
        keyframe_spacing=form.spacing,
        calibration=None,
        index=index,
    )


def _entry(session: SelectedSession) -> manifest.Session:
    stamps_ns = session.source.stamps_ns[session.positions]
    return manifest.Session(
        name=session.source.name,
        pose_source=session.source.pose_source,
        frames=len(session.source),
        keyframes=len(stamps_ns),
        undecodable=session.undecodable,
        first_problem=session.first_problem,
        unusable=session.unusable,
        first_unusable=session.first_unusable,
        start_ns=int(stamps_ns[0]) if len(stamps_ns) else 0,
        end_ns=int(stamps_ns[-1]) if len(stamps_ns) else 0,
    )
