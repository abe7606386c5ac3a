# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Distances in keyframe spacings: along the map's keyframes, and of a robot by odometry."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from avpr_ros.arrays import FloatArray, IntArray
from avpr_ros.poses import Pose

#: However far odometry jumps: beyond any chain of keyframes.
_MAX_SPACINGS = 1e5
#: A map whose keyframes do not move has no spacing to measure by.
_MIN_M, _MIN_RAD = 1e-3, 1e-3


class Spacings:
    """Measures a motion in keyframe spacings: the larger of distance and rotation.

    As keyframes are selected: after this distance, or after this rotation.
    """

    def __init__(self, spacing_m: float, turn_rad: float) -> None:
        """Set up for a map; a rotation of 0 takes none into account."""
        self._spacing_m = max(spacing_m, _MIN_M)
        self._turn_rad = turn_rad if turn_rad > _MIN_RAD else np.inf

    def between(self, before: Pose, after: Pose) -> float:
        """Return the distance of two poses of odometry."""
        step_m, turn_rad = before.distance_m(after), before.angle_rad(after)
        return float(min(max(step_m / self._spacing_m, turn_rad / self._turn_rad), _MAX_SPACINGS))

    def along(self, poses: FloatArray, chain: IntArray) -> FloatArray:
        """Return (N,) distances of the keyframes along their chains.

        Args:
            poses: (N, 7) in the order of driving.
            chain: (N,) numbers of chains.
        """
        steps_m = np.linalg.norm(np.diff(poses[:, :3], axis=0), axis=1)
        turns = Rotation.from_quat(poses[:, 3:])
        turns_rad = (turns[:-1].inv() * turns[1:]).magnitude() if len(poses) > 1 else steps_m
        steps = np.maximum(steps_m / self._spacing_m, turns_rad / self._turn_rad)
        steps = np.where(chain[1:] == chain[:-1], np.minimum(steps, _MAX_SPACINGS), 0.0)
        along = np.concatenate([[0.0], np.cumsum(steps)])
        first = np.searchsorted(chain, chain, side='left')
        return np.asarray(along - along[first])
