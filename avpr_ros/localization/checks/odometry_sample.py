# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Images along the way, each with where its match and where odometry put the base."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from avpr_ros.arrays import FloatArray
from avpr_ros.poses import Pose

#: By how much the heading of a keyframe differs from the robot's: a match that many radians off
#: tells less of the place the longer the way since.
_HEADING_RAD = 0.3


@dataclass(frozen=True, eq=False)
class MatchedOdometry:
    """One image along the way: where it would be in the map, and by odometry.

    Attributes:
        map_m: (3,) position of the base in the map, if the match is right.
        odom_m: (3,) position of the base by odometry.
        odom_turn: (3, 3) rotation of the base by odometry.
        map_from_odom: (3, 3) how the frame of odometry lies in the map, if the match is right.
        stamp_ns: of the image.
        confident: whether the image is accepted without others, by its local features.
    """

    map_m: FloatArray
    odom_m: FloatArray
    odom_turn: FloatArray
    map_from_odom: FloatArray
    stamp_ns: int = 0
    confident: bool = False

    @classmethod
    def of(
        cls,
        map_from_base: Pose,
        odom_from_base: Pose,
        stamp_ns: int = 0,
        confident: bool = False,
    ) -> MatchedOdometry:
        """Combine match and odometry of one image."""
        turn = odom_from_base.rotation.as_matrix()
        return cls(
            map_from_base.translation_m,
            odom_from_base.translation_m,
            turn,
            map_from_base.rotation.as_matrix() @ turn.T,
            stamp_ns,
            confident,
        )


def fuse_poses(samples: Sequence[MatchedOdometry], spacing_m: float) -> Pose:
    """Return ``map_from_base`` at the last stop, in the mean of what all of them say.

    A keyframe's pose is off by the part of the way between two keyframes, and by a neighbour
    taken for it, now one way and now the other. Each stop j puts the last one, n, at
    ``map_j + D (odom_n - odom_j)``, D the mean of their ``map_from_odom``. The weights are
    ``1 / (1 + (h l / s)^2)`` for a way of l since, keyframes s apart and headings good to h:
    the inverse of the variance, in that of a keyframe.

    Args:
        samples: one at least, consistent with one another.
        spacing_m: distance between the map's keyframes.
    """
    last = samples[-1]
    ways_m = last.odom_m - np.stack([one.odom_m for one in samples])
    off = _HEADING_RAD * np.linalg.norm(ways_m, axis=1) / max(spacing_m, 1e-6)
    weights = 1 / (1 + off**2)
    turn = Rotation.from_matrix(np.stack([one.map_from_odom for one in samples])).mean(weights)
    led_m = np.stack([one.map_m for one in samples]) + turn.apply(ways_m)
    return Pose(
        np.asarray(weights @ led_m / weights.sum()), turn * Rotation.from_matrix(last.odom_turn)
    )
