# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Where the base would be if a keyframe showed what a camera sees now."""

from __future__ import annotations

from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

from avpr_ros.arrays import FloatArray, IntArray
from avpr_ros.gallery.gallery import Gallery
from avpr_ros.gallery.places import is_distinct_place
from avpr_ros.poses import Pose

#: Poses that are kept made.
_KEPT = 128


class PoseHypotheses:
    """One hypothesis per keyframe: the base's pose in the map.

    It is the keyframe's own pose, unless the keyframe was taken by another camera, or one that
    was mounted otherwise, and both mountings are known: then the query's *camera* is put where
    the keyframe's camera was.

    Attributes:
        pose: returns ``map_from_base`` for the row of one keyframe.
    """

    def __init__(
        self, gallery: Gallery, camera: str, base_from_camera: Pose | None = None
    ) -> None:
        """Compute all hypotheses for one camera of the robot.

        Args:
            gallery: the map.
            camera: name of the querying camera; one that the map does not know is taken to
                be mounted as the map's cameras are.
            base_from_camera: its mounting; None: as in the map.
        """
        # Image after image has mostly the same candidates, and scipy's objects are dear.
        self.pose = lru_cache(_KEPT)(self._pose)
        poses = gallery.keyframes.poses
        self._positions_m = poses[:, :3].copy()
        self._quaternions = poses[:, 3:] / np.linalg.norm(poses[:, 3:], axis=1, keepdims=True)
        cameras = gallery.manifest.cameras
        mounting = base_from_camera or next(
            (c.base_from_camera for c in cameras if c.name == camera), None
        )
        if mounting is None:
            return
        camera_from_base = mounting.inverse()
        for number, other in enumerate(cameras):
            same = other.name == camera and base_from_camera is None
            if same or other.base_from_camera is None:
                continue
            rows = np.flatnonzero(gallery.keyframes.cameras == number)
            if rows.size:
                self._shift(rows, other.base_from_camera @ camera_from_base)

    def _pose(self, row: int) -> Pose:
        return Pose(self._positions_m[row].copy(), Rotation.from_quat(self._quaternions[row]))

    def positions_m(self, rows: IntArray) -> FloatArray:
        """Return (K, 3) positions of the base in the map."""
        return np.asarray(self._positions_m[rows])

    def rows_within(self, position_m: FloatArray, radius_m: float) -> IntArray:
        """Return the rows whose positions are this near to a (3,) one."""
        found = self._tree.query_ball_point(position_m, radius_m)
        return np.array(found, dtype=np.int64)

    @cached_property
    def _tree(self) -> cKDTree:
        return cKDTree(self._positions_m)

    def offsets_m(self, row: int, rows: IntArray) -> FloatArray:
        """Return (K, 3) positions of ``rows`` seen from ``row``, in the axes of the map."""
        return np.asarray(self._positions_m[rows] - self._positions_m[row])

    def angles_rad(self, row: int, rows: IntArray) -> FloatArray:
        """Return (K,) angles of the rotations between ``row`` and ``rows``, 0 to pi."""
        cosines = np.abs(self._quaternions[rows] @ self._quaternions[row])
        return np.asarray(2 * np.arccos(np.minimum(cosines, 1.0)))

    def distinct(
        self, row: int, rows: IntArray, radius_m: float, angle_rad: float
    ) -> NDArray[np.bool_]:
        """Say which of ``rows`` are another place, or another view, than ``row``; (K,)."""
        elsewhere = is_distinct_place(self.offsets_m(row, rows), radius_m)
        cosines = np.abs(self._quaternions[rows] @ self._quaternions[row])
        return np.asarray(elsewhere | (cosines < np.cos(angle_rad / 2)))

    def all_distinct(self, rows: IntArray, radius_m: float, angle_rad: float) -> NDArray[np.bool_]:
        """Say of each two of (n,) ``rows`` whether they are distinct; (n, n)."""
        positions_m, quaternions = self._positions_m[rows], self._quaternions[rows]
        elsewhere = is_distinct_place(positions_m[:, np.newaxis] - positions_m, radius_m)
        cosines = np.abs(quaternions @ quaternions.T)
        return np.asarray(elsewhere | (cosines < np.cos(angle_rad / 2)))

    def pairs_within(self, radius_m: float, angle_rad: float) -> IntArray:
        """Return (K, 2) pairs of rows that are the same place and the same view, each once."""
        pairs = self._tree.query_pairs(radius_m, output_type='ndarray')
        offsets_m = self._positions_m[pairs[:, 0]] - self._positions_m[pairs[:, 1]]
        pairs = pairs[~is_distinct_place(offsets_m, radius_m)]
        products = self._quaternions[pairs[:, 0]] * self._quaternions[pairs[:, 1]]
        alike = np.abs(products.sum(axis=1)) >= np.cos(angle_rad / 2)
        return np.asarray(pairs[alike], dtype=np.int64)

    def _shift(self, rows: IntArray, step: Pose) -> None:
        """Replace ``map_from_base`` by ``map_from_base @ step`` in the given rows."""
        rotations = Rotation.from_quat(self._quaternions[rows])
        self._positions_m[rows] += rotations.apply(step.translation_m)
        self._quaternions[rows] = (rotations * step.rotation).as_quat()
