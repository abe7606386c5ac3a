# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Division of a drive into chunks: the borders follow from stamps and poses alone.

Keyframes are selected along the poses. Where the image of a selected frame cannot be used, the
next frame takes its place, and this changes the selection up to the end of its chunk: the next
chunk starts as if all images before it were usable. Each chunk is thus independent of the images
of all others.
"""

from __future__ import annotations

from dataclasses import dataclass
import math

from avpr_ros.errors import ConfigError
from avpr_ros.gallery.keyframe_selection import KeyframeSelector
from avpr_ros.sources.frame_index import FrameIndex

#: Keyframes of a chunk, where all images are usable.
CHUNK_KEYFRAMES = 64
#: The images of a chunk are in memory together.
MAX_CHUNK_KEYFRAMES = 4096


@dataclass(frozen=True)
class Selection:
    """How keyframes are selected, and how many are in a chunk.

    Attributes:
        min_distance_m: distance after which a new keyframe is taken.
        min_rotation_rad: rotation after which a new keyframe is taken.
        chunk_keyframes: keyframes of a chunk.
    """

    min_distance_m: float
    min_rotation_rad: float
    chunk_keyframes: int = CHUNK_KEYFRAMES

    def __post_init__(self) -> None:
        """Check every value; raises ``ConfigError``."""
        for name in ('min_distance_m', 'min_rotation_rad'):
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= 0):
                raise ConfigError(f'{name} is {value}; use a finite number, 0 or more')
        if not 1 <= self.chunk_keyframes <= MAX_CHUNK_KEYFRAMES:
            raise ConfigError(
                f'chunk_keyframes is {self.chunk_keyframes}; use 1 to {MAX_CHUNK_KEYFRAMES}'
            )

    def selector(self) -> KeyframeSelector:
        """Return a selector for one camera."""
        return KeyframeSelector(self.min_distance_m, self.min_rotation_rad)


@dataclass(frozen=True)
class Chunk:
    """Successive frames of one drive.

    Attributes:
        first: position of its first frame.
        stop: position after its last frame.
        keyframes: how many are selected where all images are usable.
        before: position of the last keyframe before it of each camera; -1: none.
    """

    first: int
    stop: int
    keyframes: int
    before: tuple[int, ...]

    @property
    def text(self) -> str:
        """The frames, for messages."""
        return f'frames {self.first} to {self.stop - 1}'


def plan_chunks(index: FrameIndex, selection: Selection) -> list[Chunk]:
    """Divide a drive into chunks; one without any frame has none."""
    selectors = [selection.selector() for _ in index.cameras]
    last = [-1] * len(index.cameras)
    chunks: list[Chunk] = []
    first, keyframes, before = 0, 0, tuple(last)
    for position in range(len(index)):
        camera, pose = int(index.camera_rows[position]), index.pose(position)
        if not selectors[camera].wants(pose):
            continue
        if keyframes == selection.chunk_keyframes:
            chunks.append(Chunk(first, position, keyframes, before))
            first, keyframes, before = position, 0, tuple(last)
        selectors[camera].keep(pose)
        last[camera] = position
        keyframes += 1
    if len(index):
        chunks.append(Chunk(first, len(index), keyframes, before))
    return chunks
