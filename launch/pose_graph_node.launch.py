# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Start avpr_pose_graph, a pose graph.

ros2 launch avpr_ros pose_graph_node.launch.py output:=FOLDER
"""

from __future__ import annotations

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue

#: Parameters set by the argument of the same name.
PARAMETERS = {'output': str, 'use_sim_time': bool}


def arguments() -> list[DeclareLaunchArgument]:
    """Return the arguments of this launch file."""
    declare = DeclareLaunchArgument
    return [
        declare('namespace', default_value='', description='Namespace of the node.'),
        declare('odom', default_value='odom', description='Topic of the odometry.'),
        declare(
            'output',
            default_value='',
            description='Folder for the trajectories and closures; empty: no files.',
        ),
        declare(
            'use_sim_time',
            default_value='false',
            choices=['true', 'false'],
            description='Take the time from /clock.',
        ),
        declare(
            'respawn',
            default_value='false',
            choices=['true', 'false'],
            description='Start the node again two seconds after it ended by itself.',
        ),
    ]


def generate_launch_description() -> LaunchDescription:
    """Return what ``ros2 launch`` runs."""
    given = LaunchConfiguration
    node = Node(
        package='avpr_ros',
        executable='avpr_pose_graph',
        name='avpr_pose_graph',
        namespace=given('namespace'),
        output='screen',
        respawn=given('respawn'),
        respawn_delay=2.0,
        parameters=[
            {
                name: ParameterValue(given(name), value_type=kind)
                for name, kind in PARAMETERS.items()
            }
        ],
        remappings=[('odom', given('odom'))],
    )
    return LaunchDescription([*arguments(), node])
