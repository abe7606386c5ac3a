# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Start avpr_localizer.

ros2 launch avpr_ros localize.launch.py map_path:=PATH query_network:=PATH
"""

from __future__ import annotations

from pathlib import Path

from ament_index_python.packages import get_package_share_directory
from launch import LaunchContext, LaunchDescription
from launch.actions import DeclareLaunchArgument, OpaqueFunction
from launch_ros.actions import Node

from avpr_ros.ros.launching import launch_nodes
from avpr_ros.ros.launching.launch_utils import TRUTH, argument, common_arguments, given, value

#: Topics of config/avpr.rviz.
RVIZ_TOPICS = (
    'avpr_localizer/markers',
    'avpr_localizer/pose',
    'avpr_localizer/match_image',
    'avpr_pose_graph/path',
)


def arguments() -> list[DeclareLaunchArgument]:
    """Return the arguments of this launch file."""
    return [
        launch_nodes.map_argument(),
        *launch_nodes.localizer_arguments(),
        *common_arguments(),
        argument(
            'rviz',
            'Start RViz too, which must be installed, with config/avpr.rviz.',
            'false',
            TRUTH,
        ),
    ]


def start_nodes(context: LaunchContext) -> list[Node]:
    """Return the nodes, with the arguments that were given."""
    nodes = [launch_nodes.localizer(context)]
    if value(context, 'rviz') == 'true':
        nodes.append(rviz_node(context))
    return nodes


def rviz_node(context: LaunchContext) -> Node:
    """Return RViz; the absolute topics of its configuration move into the namespace."""
    config = Path(get_package_share_directory('avpr_ros'), 'config', 'avpr.rviz')
    return Node(
        package='rviz2',
        executable='rviz2',
        namespace=value(context, 'namespace'),
        arguments=['-d', str(config)],
        parameters=[given(context, {'use_sim_time': bool})],
        remappings=[(f'/{topic}', topic) for topic in RVIZ_TOPICS],
    )


def generate_launch_description() -> LaunchDescription:
    """Return what ``ros2 launch`` runs."""
    return LaunchDescription([*arguments(), OpaqueFunction(function=start_nodes)])
