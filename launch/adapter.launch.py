# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Start avpr_adapter.

ros2 launch avpr_ros adapter.launch.py mode:=initialpose
"""

from __future__ import annotations

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue

#: Modes of the adapter, one for each kind of consumer.
MODES = [
    'initialpose',
    'robot_localization',
    'rtabmap_global_pose',
    'rtabmap_add_link',
    'cuvslam',
    'map_to_odom',
]
#: RTAB-Map's topics and service, in its usual namespace; its services are under its own name too.
RTABMAP = [
    ('global_pose', 'rtabmap/global_pose'),
    ('add_link', 'rtabmap/rtabmap/add_link'),
    ('info', 'rtabmap/info'),
    ('mapGraph', 'rtabmap/mapGraph'),
]
#: Parameters set by the argument of the same name.
PARAMETERS = {'mode': str, 'map_frame': str, 'dry_run': bool, 'use_sim_time': bool}


def arguments() -> list[DeclareLaunchArgument]:
    """Return the arguments of this launch file."""
    declare = DeclareLaunchArgument
    truth = ['true', 'false']
    return [
        declare('mode', choices=MODES, description='The consumer.'),
        declare('namespace', default_value='', description='Namespace of the node.'),
        declare('odom', default_value='odom', description='Topic of the odometry.'),
        declare(
            'consumer_pose',
            default_value='amcl_pose',
            description="Topic of the consumer's own estimate, for mode initialpose.",
        ),
        declare(
            'consumer_odom',
            default_value='consumer_odom',
            description='The same, of a consumer that publishes nav_msgs/Odometry.',
        ),
        declare('map_frame', default_value='map', description='Frame the consumer calls its map.'),
        declare(
            'dry_run',
            default_value='false',
            choices=truth,
            description='Report what would be sent, and send nothing.',
        ),
        declare(
            'use_sim_time',
            default_value='false',
            choices=truth,
            description='Take the time from /clock.',
        ),
        declare(
            'respawn',
            default_value='false',
            choices=truth,
            description='Start the node again two seconds after it ended by itself.',
        ),
    ]


def generate_launch_description() -> LaunchDescription:
    """Return what ``ros2 launch`` runs."""
    given = LaunchConfiguration
    node = Node(
        package='avpr_ros',
        executable='avpr_adapter',
        name='avpr_adapter',
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
        remappings=[
            ('odom', given('odom')),
            ('consumer_pose', given('consumer_pose')),
            ('consumer_odom', given('consumer_odom')),
            *RTABMAP,
        ],
    )
    return LaunchDescription([*arguments(), node])
