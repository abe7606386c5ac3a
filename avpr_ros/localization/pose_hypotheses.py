# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Poses of the base, by keyframe, if that keyframe is the place that a camera sees."""

from __future__ import annotations

from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

from avpr_ros.arrays import FloatArray, IntArray
from avpr_ros.gallery.gallery import Gallery
from avpr_ros.gallery.places import PlaceCriterion, unit_pose_rows
from avpr_ros.poses import Pose

#: Poses that are cached.
_CACHED_POSES = 128


class PoseHypotheses:
    """One hypothesis per keyframe: the base's pose in the map.

    It is the keyframe's own pose, unless the keyframe was taken by another camera, or one with
    other extrinsics, and both extrinsics are known: then the pose of the query's *camera* is that
    of the keyframe's camera.

    Attributes:
        pose: returns ``map_from_base`` for the row of one keyframe.
    """

    def __init__(
        self, gallery: Gallery, camera: str, base_from_camera: Pose | None = None
    ) -> None:
        """Compute all hypotheses for one camera of the robot.

        Args:
            gallery: the map.
            camera: name of the querying camera; an unknown one is taken to have the extrinsics of
                the map's cameras.
            base_from_camera: its extrinsics; None: as in the map.
        """
        # Successive images have mostly the same candidates, and scipy's objects are slow to make.
        self.pose = lru_cache(_CACHED_POSES)(self._pose)
        self._poses = unit_pose_rows(gallery.keyframes.poses)
        self._positions_m, self._quaternions = self._poses[:, :3], self._poses[:, 3:]
        cameras = gallery.manifest.cameras
        extrinsics = base_from_camera or next(
            (c.base_from_camera for c in cameras if c.name == camera), None
        )
        if extrinsics is None:
            return
        camera_from_base = extrinsics.inverse()
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
        """Return the rows within a radius of a (3,) position."""
        found = self._tree.query_ball_point(position_m, radius_m)
        return np.array(found, dtype=np.int64)

    @cached_property
    def _tree(self) -> cKDTree:
        return cKDTree(self._positions_m)

    def offsets_m(self, row: int, rows: IntArray) -> FloatArray:
        """Return (K, 3) positions of ``rows`` relative to ``row``, in the axes of the map."""
        return np.asarray(self._positions_m[rows] - self._positions_m[row])

    def angles_rad(self, row: int, rows: IntArray) -> FloatArray:
        """Return (K,) angles of the rotations between ``row`` and ``rows``, 0 to pi."""
        cosines = np.abs(self._quaternions[rows] @ self._quaternions[row])
        return np.asarray(2 * np.arccos(np.minimum(cosines, 1.0)))

    def distinct(self, row: int, rows: IntArray, criterion: PlaceCriterion) -> NDArray[np.bool_]:
        """Compare ``row`` with each of (K,) ``rows``; (K,) whether they are distinct places."""
        return criterion.distinct(self._poses[row], self._poses[rows])

    def all_distinct(self, rows: IntArray, criterion: PlaceCriterion) -> NDArray[np.bool_]:
        """Compare each two of (n,) ``rows``; (n, n) whether they are distinct places."""
        return criterion.all_distinct(self._poses[rows])

    def pairs_within(self, criterion: PlaceCriterion) -> IntArray:
        """Return (P, 2) pairs of rows of the same place and view, each once."""
        return criterion.pairs_within(self._poses, self._tree)

    def _shift(self, rows: IntArray, step: Pose) -> None:
        """Replace ``map_from_base`` by ``map_from_base @ step`` in the given rows."""
        rotations = Rotation.from_quat(self._quaternions[rows])
        self._positions_m[rows] += rotations.apply(step.translation_m)
        self._quaternions[rows] = (rotations * step.rotation).as_quat()
