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
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterFile, ParameterValue

#: Parameters that an argument sets, unless the argument is empty.
PARAMETERS = ('map_path', 'query_network', 'image_transport')
#: Topics of config/avpr.rviz.
RVIZ_TOPICS = (
    'avpr_localizer/markers',
    'avpr_localizer/pose',
    'avpr_localizer/match_image',
    'avpr_pose_graph/path',
)


def arguments() -> list[DeclareLaunchArgument]:
    """Return the arguments of this launch file."""
    config = Path(get_package_share_directory('avpr_ros'), 'config', 'localizer.yaml')
    declare = DeclareLaunchArgument
    truth = ['true', 'false']
    return [
        declare(
            'map_path',
            default_value='',
            description='Folder of the gallery map; empty: as in params_file.',
        ),
        declare(
            'query_network',
            default_value='',
            description='ONNX file of the query network; empty: as in params_file.',
        ),
        declare(
            'params_file',
            default_value=str(config),
            description='YAML file with the parameters of the node.',
        ),
        declare('namespace', default_value='', description='Namespace of the node.'),
        declare(
            'image',
            default_value='image',
            description='Topic of the raw images; /compressed is added for compressed ones.',
        ),
        declare('odom', default_value='odom', description='Topic of the odometry, if any.'),
        declare(
            'image_transport',
            default_value='',
            choices=['', 'raw', 'compressed'],
            description='Kind of image message; empty: as in params_file.',
        ),
        declare(
            'use_sim_time',
            default_value='false',
            choices=truth,
            description='Take the time from /clock.',
        ),
        declare(
            'log_level',
            default_value='info',
            choices=['debug', 'info', 'warn', 'error', 'fatal'],
            description='Least severe messages that are logged.',
        ),
        declare(
            'respawn',
            default_value='false',
            choices=truth,
            description='Start the node again two seconds after it ended by itself.',
        ),
        declare(
            'rviz',
            default_value='false',
            choices=truth,
            description='Start RViz too, which must be installed, with config/avpr.rviz.',
        ),
    ]


def start_nodes(context: LaunchContext) -> list[Node]:
    """Return the node, with the arguments that were given, and RViz where it is wanted."""

    def given(name: str) -> str:
        return LaunchConfiguration(name).perform(context)

    overrides = {
        name: ParameterValue(given(name), value_type=str) for name in PARAMETERS if given(name)
    }
    nodes = [
        Node(
            package='avpr_ros',
            executable='avpr_localizer',
            name='avpr_localizer',
            namespace=given('namespace'),
            output='screen',
            parameters=[
                ParameterFile(given('params_file'), allow_substs=True),
                {'use_sim_time': given('use_sim_time') == 'true', **overrides},
            ],
            remappings=[('image', given('image')), ('odom', given('odom'))],
            arguments=['--ros-args', '--log-level', given('log_level')],
            respawn=given('respawn') == 'true',
            respawn_delay=2.0,
        )
    ]
    if given('rviz') == 'true':
        nodes.append(rviz_node(given('namespace'), given('use_sim_time') == 'true'))
    return nodes


def rviz_node(namespace: str, use_sim_time: bool) -> Node:
    """Return RViz; the absolute topics of its configuration move into the namespace."""
    config = Path(get_package_share_directory('avpr_ros'), 'config', 'avpr.rviz')
    return Node(
        package='rviz2',
        executable='rviz2',
        namespace=namespace,
        arguments=['-d', str(config)],
        parameters=[{'use_sim_time': use_sim_time}],
        remappings=[(f'/{topic}', topic) for topic in RVIZ_TOPICS],
    )


def generate_launch_description() -> LaunchDescription:
    """Return what ``ros2 launch`` runs."""
    return LaunchDescription([*arguments(), OpaqueFunction(function=start_nodes)])
