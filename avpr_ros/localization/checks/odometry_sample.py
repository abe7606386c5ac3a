# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Poses of the base at one image, by its match and by odometry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from avpr_ros.arrays import FloatArray
from avpr_ros.poses import Pose

#: Difference between the heading of a keyframe and the robot's, in the mean: the position that a
#: match predicts for a later image errs by it in proportion to the distance driven since.
_HEADING_RAD = 0.3


@dataclass(frozen=True, eq=False)
class MatchedOdometry:
    """One image: its pose in the map and by odometry.

    Attributes:
        map_m: (3,) position of the base in the map, if the match is right.
        odom_m: (3,) position of the base by odometry.
        odom_turn: (3, 3) rotation of the base by odometry.
        map_from_odom: (3, 3) rotation of the odometry frame in the map, if the match is right.
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
    def from_poses(
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
    """Return ``map_from_base`` at the last sample: the weighted mean of what each predicts.

    A keyframe's pose is off by up to half the keyframe spacing, to either side.
    Sample j predicts ``map_j + D (odom_n - odom_j)`` for the last one, n, where D is the mean of
    their ``map_from_odom``. The weights are ``1 / (1 + (h l / s)^2)`` for a distance l driven
    since, keyframes s apart and headings good to h: the inverse of the variance, in units of a
    keyframe's.

    Args:
        samples: at least one, consistent with one another.
        spacing_m: distance between the map's keyframes.
    """
    last = samples[-1]
    steps_m = last.odom_m - np.stack([sample.odom_m for sample in samples])
    off = _HEADING_RAD * np.linalg.norm(steps_m, axis=1) / max(spacing_m, 1e-6)
    weights = 1 / (1 + off**2)
    turns = np.stack([sample.map_from_odom for sample in samples])
    turn = Rotation.from_matrix(turns).mean(weights)
    predicted_m = np.stack([sample.map_m for sample in samples]) + turn.apply(steps_m)
    return Pose(
        np.asarray(weights @ predicted_m / weights.sum()),
        turn * Rotation.from_matrix(last.odom_turn),
    )
