# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Start avpr_pose_graph, a pose graph.

ros2 launch avpr_ros pose_graph_node.launch.py output:=FOLDER
"""

from __future__ import annotations

from launch import LaunchContext, LaunchDescription
from launch.actions import DeclareLaunchArgument, OpaqueFunction
from launch_ros.actions import Node

from avpr_ros.ros.launching import launch_nodes
from avpr_ros.ros.launching.launch_utils import common_arguments


def arguments() -> list[DeclareLaunchArgument]:
    """Return the arguments of this launch file."""
    return [
        *launch_nodes.pose_graph_arguments('params_file'),
        *common_arguments(),
    ]


def start_nodes(context: LaunchContext) -> list[Node]:
    """Return the nodes, with the arguments that were given."""
    return [launch_nodes.pose_graph(context, 'params_file')]


def generate_launch_description() -> LaunchDescription:
    """Return what ``ros2 launch`` runs."""
    return LaunchDescription([*arguments(), OpaqueFunction(function=start_nodes)])
