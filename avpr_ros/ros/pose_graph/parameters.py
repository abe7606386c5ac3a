# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The table of parameters of ``avpr_pose_graph``.

``python -m avpr_ros.ros.pose_graph.parameters`` prints it as Markdown.
"""

from __future__ import annotations

from dataclasses import dataclass
import sys

from avpr_ros.ros.common.parameter_table import start_row
from avpr_ros.ros.common.parameters import markdown_table
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
        _GRAPH.node_distance_m, 'Way between two nodes.', unit='m', low=0.01, high=100.0
    )
    position_noise: float = start_row(
        _GRAPH.position_noise,
        'Standard deviation of odometry after one metre; it grows with the root of the way.',
        unit='m',
        low=1e-4,
        high=10.0,
    )
    rotation_noise: float = start_row(
        _GRAPH.rotation_noise, 'The same of its heading.', unit='rad', low=1e-5, high=1.0
    )
    max_speed_m_s: float = start_row(
        _GRAPH.max_speed_m_s,
        'Faster motion is a jump of the odometry, and ties nothing together.',
        unit='m/s',
        low=0.1,
        high=1000.0,
    )
    inlier_probability: float = start_row(
        _GRAPH.inlier_probability,
        'Part of the right loop closures that the robust kernel keeps, if covariances are true.',
        low=0.5,
        high=0.999999,
    )

    def graph(self) -> GraphSettings:
        """Return the part that the graph needs."""
        return GraphSettings(
            node_distance_m=self.node_distance_m,
            position_noise=self.position_noise,
            rotation_noise=self.rotation_noise,
            max_speed_m_s=self.max_speed_m_s,
            inlier_probability=self.inlier_probability,
        )


if __name__ == '__main__':
    sys.stdout.write(f'{markdown_table(PoseGraphSettings)}\n')
