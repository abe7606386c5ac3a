# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Stamps, cameras and poses of all frames of a source: what is known before an image is read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Protocol, runtime_checkable

import numpy as np

from avpr_ros.arrays import FloatArray, IntArray
from avpr_ros.errors import SourceError
from avpr_ros.poses import Pose
from avpr_ros.sources.frame import Camera, Frame, FrameSource, GeodeticOrigin, StampedImage


@dataclass(frozen=True, eq=False)
class FrameIndex:
    """The frames of a source, in the order of ``FrameSource.frames``.

    Attributes:
        name: see ``FrameSource``, as the next five.
        map_frame: frame the poses are in.
        base_frame: frame the poses are of.
        pose_source: where the poses come from, in words.
        cameras: the cameras of the source.
        geodetic_origin: geodetic position of the map frame's origin; None if unknown.
        stamps_ns: (M,) int64 stamps.
        camera_rows: (M,) int64 positions in ``cameras``.
        poses: (M, 7) ``map_from_base`` as x y z qx qy qz qw, metres.
        recorded_ns: (M,) int64 times of recording, to find a frame in its bag; 0 elsewhere.
    """

    name: str
    map_frame: str
    base_frame: str
    pose_source: str
    cameras: tuple[Camera, ...]
    geodetic_origin: GeodeticOrigin | None
    stamps_ns: IntArray
    camera_rows: IntArray
    poses: FloatArray
    recorded_ns: IntArray

    def __len__(self) -> int:
        return len(self.stamps_ns)

    def pose(self, position: int) -> Pose:
        """Return ``map_from_base`` of a frame."""
        return Pose.from_xyz_quaternion(self.poses[position])

    def camera(self, position: int) -> str:
        """Return the name of a frame's camera."""
        return self.cameras[int(self.camera_rows[position])].name


@runtime_checkable
class SeekableSource(Protocol):
    """A source that reads frames from the middle without those before."""

    def frame_index(self) -> FrameIndex:
        """Return the index, without decoding an image; raises ``SourceError``."""
        ...

    def images_between(self, index: FrameIndex, first: int, stop: int) -> Iterator[StampedImage]:
        """Yield the images of the frames ``first`` to ``stop`` - 1; raises ``SourceError``."""
        ...


def index_frames(source: FrameSource) -> FrameIndex:
    """Return the index of a source, without decoding an image; raises ``SourceError``."""
    if isinstance(source, SeekableSource):
        return source.frame_index()
    rows = {camera.name: row for row, camera in enumerate(source.cameras)}
    frames = [
        (frame.stamp_ns, rows[frame.camera], frame.map_from_base.as_xyz_quaternion())
        for frame in source.frames()
    ]
    return FrameIndex(
        source.name,
        source.map_frame,
        source.base_frame,
        source.pose_source,
        tuple(source.cameras),
        source.geodetic_origin,
        np.array([stamp_ns for stamp_ns, _, _ in frames], dtype=np.int64),
        np.array([row for _, row, _ in frames], dtype=np.int64),
        np.array([pose for _, _, pose in frames], dtype=np.float64).reshape(-1, 7),
        np.zeros(len(frames), dtype=np.int64),
    )


def frames_between(
    source: FrameSource, index: FrameIndex, first: int, stop: int
) -> Iterator[StampedImage | Frame]:
    """Yield the frames ``first`` to ``stop`` - 1 of an indexed source.

    Raises:
        SourceError: the source is damaged, or is not the one that was indexed.
    """
    frames: Iterator[StampedImage | Frame]
    if isinstance(source, SeekableSource):
        frames = source.images_between(index, first, stop)
    else:
        frames = islice(source.frames(), first, stop)
    position = first
    for frame in frames:
        if (frame.stamp_ns, frame.camera) != (index.stamps_ns[position], index.camera(position)):
            break
        yield frame
        position += 1
    if position < stop:
        raise SourceError(
            f'{index.name} changed while it was read; wait until it is no longer written to, and '
            'build again'
        )
