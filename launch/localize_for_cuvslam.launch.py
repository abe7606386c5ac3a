# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Localise a robot and initialise the pose of cuVSLAM.

ros2 launch avpr_ros localize_for_cuvslam.launch.py map_path:=PATH query_network:=PATH
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
        launch_nodes.map_argument(),
        *launch_nodes.localizer_arguments(),
        *common_arguments(),
        *launch_nodes.adapter_arguments(),
        argument(
            'visual_odom', 'Topic of the odometry of cuVSLAM.', 'visual_slam/tracking/odometry'
        ),
    ]


def start_nodes(context: LaunchContext) -> list[Node]:
    """Return the nodes, with the arguments that were given."""
    return [
        launch_nodes.localizer(context),
        launch_nodes.adapter(context, 'cuvslam', odom='visual_odom'),
    ]


def generate_launch_description() -> LaunchDescription:
    """Return what ``ros2 launch`` runs."""
    return LaunchDescription([*arguments(), OpaqueFunction(function=start_nodes)])
