# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The table of parameters of ``avpr_pose_graph``."""

from __future__ import annotations

from dataclasses import dataclass

from avpr_ros.ros.common.parameter_table import start_row
from avpr_ros.ros.pose_graph.settings import GraphSettings

_GRAPH = GraphSettings()


@dataclass(frozen=True)
class PoseGraphSettings:
    """The parameters and their values; each field is one line of the table."""

    output: str = start_row(
        '', 'Folder for `before.tum`, `after.tum`, `closures.json`; empty: no files.'
    )
    solve_period_s: float = start_row(
        5.0,
        'Shortest time between two solutions while driving; 0: only on `~/save` and at the end.',
        unit='s',
        low=0.0,
        high=3600.0,
    )
    node_distance_m: float = start_row(
        _GRAPH.node_distance_m,
        'Distance driven between two nodes.',
        unit='m',
        low=0.01,
        high=100.0,
    )
    position_noise: float = start_row(
        _GRAPH.position_noise,
        'Standard deviation of the odometry position after one metre; it grows with the square '
        'root of the distance driven.',
        unit='m',
        low=1e-4,
        high=10.0,
    )
    rotation_noise: float = start_row(
        _GRAPH.rotation_noise,
        'Standard deviation of its heading after one metre, likewise.',
        unit='rad',
        low=1e-5,
        high=1.0,
    )
    max_speed_m_s: float = start_row(
        _GRAPH.max_speed_m_s,
        'Faster motion is a jump of the odometry: the poses before and after it are not linked.',
        unit='m/s',
        low=0.1,
        high=1000.0,
    )
    inlier_probability: float = start_row(
        _GRAPH.inlier_probability,
        'Part of the correct loop closures that the robust kernel keeps, if their covariances '
        'are correct.',
        low=0.5,
        high=0.999999,
    )

    def graph(self) -> GraphSettings:
        """Return the settings of the graph."""
        return GraphSettings(
            node_distance_m=self.node_distance_m,
            position_noise=self.position_noise,
            rotation_noise=self.rotation_noise,
            max_speed_m_s=self.max_speed_m_s,
            inlier_probability=self.inlier_probability,
        )
