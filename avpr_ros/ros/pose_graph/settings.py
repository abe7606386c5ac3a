# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Settings of the pose graph: noise of odometry, thresholds of loop closures."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class GraphSettings:
    """Noise and thresholds of the graph.

    The error of odometry is modelled as a random walk: its variance grows with the distance
    driven. Real drift is systematic (wheel radius, gyroscope offset); the default is therefore
    larger than the noise of good odometry.

    Attributes:
        node_distance_m: distance driven between two nodes.
        node_rotation_rad: rotation between two nodes.
        position_noise: standard deviation in metres after one metre.
        rotation_noise: standard deviation in radians after one metre.
        max_speed_m_s: faster motion is a jump of the odometry: the motion is unknown.
        max_gap_s: a longer time without odometry has the same effect.
        inlier_probability: part of the correct loop closures that the robust kernel keeps, if
            their covariances are correct.
        min_closures: smallest number of closures that is solved; fewer cannot be cross-checked.
    """

    node_distance_m: float = 1.0
    node_rotation_rad: float = 0.3
    position_noise: float = 0.05
    rotation_noise: float = 0.01
    max_speed_m_s: float = 30.0
    max_gap_s: float = 1.0
    inlier_probability: float = 0.999
    min_closures: int = 3
