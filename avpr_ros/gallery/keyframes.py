# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The table of keyframes: one row per descriptor."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from avpr_ros.arrays import FloatArray, IntArray
from avpr_ros.errors import MapError
from avpr_ros.gallery.array_files import read_npz
from avpr_ros.poses import Pose
from avpr_ros.storage.open_file import FileSource
from avpr_ros.storage.reading import reading

_COLUMNS: dict[str, tuple[type[np.generic], int]] = {
    'ids': (np.int64, 1),
    'stamps_ns': (np.int64, 1),
    'sessions': (np.int32, 1),
    'cameras': (np.int32, 1),
    'poses': (np.float64, 2),
}
#: Only maps of a labelled dataset have it.
_PLACES = 'places'


@dataclass(frozen=True, eq=False)
class Keyframes:
    """Keyframes of a map; row r belongs to row r of the descriptors.

    Attributes:
        ids: (N,) int64, unique, stays with a keyframe when a map grows.
        stamps_ns: (N,) int64, time of exposure in nanoseconds.
        sessions: (N,) int32, index into the manifest's sessions.
        cameras: (N,) int32, index into the manifest's cameras.
        poses: (N, 7) float64, ``map_from_base`` as x y z qx qy qz qw, metres.
        places: (N,) int64, the place of each by a dataset's labels; None without labels.
    """

    ids: IntArray
    stamps_ns: IntArray
    sessions: NDArray[np.int32]
    cameras: NDArray[np.int32]
    poses: FloatArray
    places: IntArray | None = None

    def __len__(self) -> int:
        return len(self.ids)

    def first(self, count: int) -> Keyframes:
        """Return the first rows alone."""
        return Keyframes(**{name: getattr(self, name)[:count] for name in _COLUMNS})

    def pose(self, row: int) -> Pose:
        """Return ``map_from_base`` of one row."""
        return Pose.from_xyz_quaternion(self.poses[row])

    def headings_rad(self) -> FloatArray:
        """Return (N,) yaw: the angle of each base's x axis about +z of the map."""
        x_axes = Rotation.from_quat(self.poses[:, 3:]).apply([1.0, 0.0, 0.0])
        return np.asarray(np.arctan2(x_axes[:, 1], x_axes[:, 0]))

    def successive(self) -> IntArray:
        """Return (P, 2) rows that follow each other in one session and camera."""
        pairs: list[IntArray] = [np.empty((0, 2), dtype=np.int64)]
        for key in np.unique(np.stack([self.sessions, self.cameras]), axis=1).T:
            rows = np.flatnonzero((self.sessions == key[0]) & (self.cameras == key[1]))
            pairs.append(np.column_stack([rows[:-1], rows[1:]]))
        return np.concatenate(pairs)

    def steps_m(self) -> FloatArray:
        """Return (P,) distances in metres between the rows of ``successive``."""
        return self.apart_m(self.successive())

    def apart_m(self, pairs: IntArray) -> FloatArray:
        """Return (P,) distances in metres between (P, 2) rows."""
        first, second = pairs.T
        steps_m = np.linalg.norm(self.poses[second, :3] - self.poses[first, :3], axis=1)
        return np.asarray(steps_m, dtype=np.float64)

    def save(self, path: Path) -> None:
        """Write an npz file, without pickle."""
        columns: dict[str, NDArray[Any]] = {
            name: np.asarray(getattr(self, name), dtype=kind)
            for name, (kind, _) in _COLUMNS.items()
        }
        if self.places is not None:
            columns[_PLACES] = np.asarray(self.places, dtype=np.int64)
        np.savez(path, **columns)  # type: ignore[arg-type]

    @classmethod
    def load(cls, path: FileSource) -> Keyframes:
        """Read what ``save`` wrote.

        Raises:
            MapError: unreadable, a column is missing, of another type or length, or not finite.
        """
        with reading(path, MapError, 'build the map again'):
            stored = read_npz(path)
            columns = {name: stored[name] for name in _COLUMNS}
            known = {_PLACES: stored[_PLACES]} if _PLACES in stored else {}
        count = columns['ids'].shape[:1]
        expected = _COLUMNS | dict.fromkeys(known, (np.int64, 1))
        columns |= known
        for name, (kind, ndim) in expected.items():
            shape = count if ndim == 1 else (*count, 7)
            if columns[name].dtype != kind or columns[name].shape != shape:
                raise MapError(
                    f'{path}: {name} is {columns[name].dtype} {columns[name].shape}, expected '
                    f'{np.dtype(kind)} {shape}; build the map again'
                )
        lengths = np.linalg.norm(columns['poses'][:, 3:], axis=1)
        if not (np.isfinite(columns['poses']).all() and (lengths > 0.5).all()):
            raise MapError(f'{path}: a pose is not finite or no rotation; build the map again')
        return cls(**columns)
