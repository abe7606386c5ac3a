# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Settings of a map that do not depend on who builds it: one process or many."""

from __future__ import annotations

from dataclasses import dataclass
import math

from avpr_ros.errors import ConfigError
from avpr_ros.gallery.index.selection import DEFAULT_MEMORY_MB
from avpr_ros.gallery.manifest import KeyframeSpacing
from avpr_ros.mapping.stages.chunks import CHUNK_KEYFRAMES, Selection
from avpr_ros.mapping.stages.keyframe_stage import ThumbnailFormat
from avpr_ros.mapping.stages.map_writer import MapFormat


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
        spacing = KeyframeSpacing(self.min_distance_m, self.min_rotation_rad)
        thumbnail = ThumbnailFormat(self.thumbnail_px, self.thumbnail_quality)
        return MapFormat(spacing, self.memory_mb, thumbnail)
