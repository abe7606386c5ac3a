# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Close loops without a map.

ros2 launch avpr_ros loop_closing.launch.py query_network:=PATH
"""

from __future__ import annotations

from pathlib import Path

from ament_index_python.packages import get_package_share_directory
from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterFile, ParameterValue

from avpr_ros.ros.common.launch_utils import include

#: Parameters set by the argument of the same name.
PARAMETERS = {'query_network': str, 'save_path': str, 'image_transport': str, 'use_sim_time': bool}


def arguments() -> list[DeclareLaunchArgument]:
    """Return the arguments of this launch file; those of pose_graph_node.launch.py come on top."""
    config = Path(get_package_share_directory('avpr_ros'), 'config', 'localizer.yaml')
    declare = DeclareLaunchArgument
    return [
        declare(
            'query_network', description='ONNX file of a query network, trained at such a place.'
        ),
        declare(
            'save_path',
            default_value='',
            description='Folder that the service ~/save_map writes the session to.',
        ),
        declare(
            'params_file',
            default_value=str(config),
            description='YAML file with the parameters of the node.',
        ),
        declare('image', default_value='image', description='Topic of the raw images.'),
        declare(
            'image_transport',
            default_value='raw',
            choices=['raw', 'compressed'],
            description='Kind of image message.',
        ),
    ]


def generate_launch_description() -> LaunchDescription:
    """Return what ``ros2 launch`` runs."""
    given = LaunchConfiguration
    node = Node(
        package='avpr_ros',
        executable='avpr_localizer',
        name='avpr_localizer',
        namespace=given('namespace'),
        output='screen',
        respawn=given('respawn'),
        respawn_delay=2.0,
        parameters=[
            ParameterFile(given('params_file'), allow_substs=True),
            {
                'mode': 'loop_closing',
                **{
                    name: ParameterValue(given(name), value_type=kind)
                    for name, kind in PARAMETERS.items()
                },
            },
        ],
        remappings=[('image', given('image')), ('odom', given('odom'))],
    )
    # First: it declares namespace, odom, use_sim_time and respawn, which the node takes too.
    return LaunchDescription([*arguments(), include('pose_graph_node.launch.py'), node])
