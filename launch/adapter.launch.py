# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Start avpr_adapter.

ros2 launch avpr_ros adapter.launch.py mode:=initialpose
"""

from __future__ import annotations

from launch import LaunchContext, LaunchDescription
from launch.actions import DeclareLaunchArgument, OpaqueFunction
from launch_ros.actions import Node

from avpr_ros.ros.adapters.parameters import MODES
from avpr_ros.ros.launching import launch_nodes
from avpr_ros.ros.launching.launch_utils import common_arguments, value


def arguments() -> list[DeclareLaunchArgument]:
    """Return the arguments of this launch file."""
    return [
        DeclareLaunchArgument('mode', choices=list(MODES), description='The consumer.'),
        *launch_nodes.adapter_arguments(consumer_pose='amcl_pose', params_file='params_file'),
        *common_arguments(),
    ]


def start_nodes(context: LaunchContext) -> list[Node]:
    """Return the nodes, with the arguments that were given."""
    return [launch_nodes.adapter(context, value(context, 'mode'), params_file='params_file')]


def generate_launch_description() -> LaunchDescription:
    """Return what ``ros2 launch`` runs."""
    return LaunchDescription([*arguments(), OpaqueFunction(function=start_nodes)])
