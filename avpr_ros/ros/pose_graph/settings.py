# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What the pose graph assumes about odometry, and how hard it judges loop closures."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class GraphSettings:
    """Assumptions of the graph.

    The errors of odometry are taken for a random walk: its variance grows with the way driven.
    A real drift is systematic (a wheel's radius, a gyroscope's offset); the default is therefore
    wider than the noise of good odometry, so that the graph can follow.

    Attributes:
        node_distance_m: way between two nodes.
        node_rotation_rad: turn between two nodes.
        position_noise: standard deviation in metres after one metre.
        rotation_noise: standard deviation in radians after one metre.
        max_speed_m_s: faster motion is a jump of the odometry, which ties nothing together.
        max_gap_s: so is a longer time without odometry.
        inlier_probability: part of the right loop closures that the robust kernel must keep, for
            covariances that are true.
        min_closures: fewer are not solved: nothing could be judged.
    """

    node_distance_m: float = 1.0
    node_rotation_rad: float = 0.3
    position_noise: float = 0.05
    rotation_noise: float = 0.01
    max_speed_m_s: float = 30.0
    max_gap_s: float = 1.0
    inlier_probability: float = 0.999
    min_closures: int = 3
