# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Close loops without a map.

ros2 launch avpr_ros loop_closing.launch.py query_network:=PATH
"""

from __future__ import annotations

from launch import LaunchContext, LaunchDescription
from launch.actions import DeclareLaunchArgument, OpaqueFunction
from launch_ros.actions import Node

from avpr_ros.ros.launching import launch_nodes
from avpr_ros.ros.launching.launch_utils import argument, common_arguments


def arguments() -> list[DeclareLaunchArgument]:
    """Return the arguments of this launch file."""
    return [
        *launch_nodes.localizer_arguments(),
        argument(
            'save_path',
            'Folder that the service ~/save_map writes the session to; empty: as in params_file.',
        ),
        *launch_nodes.pose_graph_arguments(),
        *common_arguments(),
    ]


def start_nodes(context: LaunchContext) -> list[Node]:
    """Return the nodes, with the arguments that were given."""
    return [launch_nodes.localizer(context, 'loop_closing'), launch_nodes.pose_graph(context)]


def generate_launch_description() -> LaunchDescription:
    """Return what ``ros2 launch`` runs."""
    return LaunchDescription([*arguments(), OpaqueFunction(function=start_nodes)])
