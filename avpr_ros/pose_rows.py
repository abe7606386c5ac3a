# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Rigid transforms as rows ``x y z qx qy qz qw``, many at a time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.spatial.transform import Rotation

from avpr_ros.arrays import FloatArray
from avpr_ros.poses import Pose


def rows_of(poses: Sequence[Pose]) -> FloatArray:
    """Return (N, 7) for N poses."""
    if not poses:
        return np.empty((0, 7))
    translations = np.array([pose.translation_m for pose in poses])
    quaternions = np.array([pose.rotation.as_quat() for pose in poses])
    return np.hstack([translations, quaternions])


def compose(a_from_b: FloatArray, b_from_c: FloatArray) -> FloatArray:
    """Return ``a_from_c`` row by row; (N, 7) each, or (7,) for the same one in every row."""
    first, second = np.atleast_2d(a_from_b), np.atleast_2d(b_from_c)
    turn = Rotation.from_quat(first[:, 3:])
    translations = turn.apply(second[:, :3]) + first[:, :3]
    return np.hstack([translations, (turn * Rotation.from_quat(second[:, 3:])).as_quat()])


def inverse(a_from_b: FloatArray) -> FloatArray:
    """Return ``b_from_a`` row by row, (N, 7)."""
    rows = np.atleast_2d(a_from_b)
    turn = Rotation.from_quat(rows[:, 3:]).inv()
    return np.hstack([-turn.apply(rows[:, :3]), turn.as_quat()])


def between(first: FloatArray, second: FloatArray, part: FloatArray) -> FloatArray:
    """Return the (N, 7) poses at ``part`` (N,), 0 to 1, of the way from (N, 7) to (N, 7).

    Straight line, constant turning.
    """
    start = Rotation.from_quat(first[:, 3:])
    turn = (start.inv() * Rotation.from_quat(second[:, 3:])).as_rotvec()
    share = part[:, np.newaxis]
    translations = first[:, :3] + share * (second[:, :3] - first[:, :3])
    return np.hstack([translations, (start * Rotation.from_rotvec(share * turn)).as_quat()])


def steps(rows: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the (N-1,) distances in metres and turns in radians from each row to the next."""
    distances = np.linalg.norm(np.diff(rows[:, :3], axis=0), axis=1)
    turns = Rotation.from_quat(rows[:, 3:])
    return distances, (turns[:-1].inv() * turns[1:]).magnitude()
