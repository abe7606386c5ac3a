# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Which frames become keyframes: a new one after enough distance or rotation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from avpr_ros.arrays import IntArray
from avpr_ros.poses import Pose

# Frames recorded about one step apart must all be kept: waiting for the next one because this one
# came a little early would double the spacing.
_TOLERANCE = 0.1


class KeyframeSelector:
    """Selects keyframes along one camera's frames.

    A frame is asked for with ``wants`` and confirmed with ``keep``: where a wanted frame turns
    out to be undecodable, the next one takes its place instead of leaving a gap.
    """

    def __init__(self, min_distance_m: float, min_rotation_rad: float) -> None:
        self._min_distance_m = min_distance_m * (1 - _TOLERANCE)
        self._min_rotation_rad = min_rotation_rad * (1 - _TOLERANCE)
        self._last: Pose | None = None

    def wants(self, map_from_base: Pose) -> bool:
        """Return whether the pose is far enough from the last keyframe, in metres or in radians.

        Far enough is nine tenths of the configured spacing.
        """
        if self._last is None:
            return True
        return (
            self._last.distance_m(map_from_base) >= self._min_distance_m
            or self._last.angle_rad(map_from_base) >= self._min_rotation_rad
        )

    def keep(self, map_from_base: Pose) -> None:
        """Make the pose the last keyframe."""
        self._last = map_from_base


def select_keyframes(
    stamps_ns: IntArray, poses: Sequence[Pose], min_distance_m: float, min_rotation_rad: float
) -> IntArray:
    """Choose keyframes among the frames of one camera.

    Args:
        stamps_ns: (N,) stamps; the walk follows them in time.
        poses: N poses ``map_from_base``.
        min_distance_m: a new keyframe after this distance from the last one,
        min_rotation_rad: or after this rotation.

    Returns:
        (K,) int64 indices into the input, in the order of time.
    """
    selector = KeyframeSelector(min_distance_m, min_rotation_rad)
    chosen = []
    for index in np.argsort(stamps_ns, kind='stable'):
        if selector.wants(poses[index]):
            selector.keep(poses[index])
            chosen.append(index)
    return np.asarray(chosen, dtype=np.int64)
