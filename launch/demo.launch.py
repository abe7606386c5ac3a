# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Play the second drive of ``avpr demo`` into the localizer, in RViz where there is one.

ros2 launch avpr_ros demo.launch.py folder:=avpr_demo
"""

from __future__ import annotations

from pathlib import Path

from ament_index_python.packages import (
    PackageNotFoundError,
    get_package_prefix,
    get_package_share_directory,
)
from launch import LaunchContext, LaunchDescription
from launch.actions import DeclareLaunchArgument, LogInfo, OpaqueFunction
from launch_ros.actions import Node

from avpr_ros.ros.launching.launch_utils import (
    TRUTH,
    argument,
    common_arguments,
    end_launch,
    node,
    value,
)

#: Names in the folder of ``avpr demo``, and the image topic of its bags.
MAP, BAG, ANSWERS = 'my_map', 'second_run', 'answers.jsonl'
IMAGE = '/camera/image'
NO_RVIZ = (
    'RViz is not shown: the package rviz2 is not installed (apt install ros-$ROS_DISTRO-rviz2); '
    'poses are on /avpr_localizer/pose.'
)


def arguments() -> list[DeclareLaunchArgument]:
    """Return the arguments of this launch file."""
    return [
        argument('folder', 'Folder that avpr demo wrote.', 'avpr_demo'),
        argument('rate', 'Images per second.', '2.0'),
        argument('rviz', 'Open RViz where it is installed.', 'true', TRUTH),
        *common_arguments(),
    ]


def start_nodes(context: LaunchContext) -> list[Node | LogInfo]:
    """Return localizer and replay, and RViz or a line that there is none.

    Raises:
        RuntimeError: the folder is not one of ``avpr demo``.
    """
    folder = Path(value(context, 'folder')).expanduser().resolve()
    missing = [name for name in (MAP, BAG) if not (folder / name).exists()]
    if missing:
        raise RuntimeError(
            f'{folder} has no {", ".join(missing)}: run avpr demo --output {folder} first, or '
            'give its folder with folder:=PATH.'
        )
    shown, installed = value(context, 'rviz') == 'true', rviz_installed()
    started = [localizer(context, folder), replay(context, folder, stays=shown and installed)]
    if shown:
        started.append(rviz(context) if installed else LogInfo(msg=NO_RVIZ))
    return started


def localizer(context: LaunchContext, folder: Path) -> Node:
    """Return the localizer with the map of the demo; every image is matched."""
    config = Path(get_package_share_directory('avpr_ros'), 'config', 'localizer.yaml')
    return node(
        context,
        'avpr_localizer',
        params_file=str(config),
        parameters={
            'map_path': str(folder / MAP),
            'image_transport': 'compressed',
            'max_rate_hz': 0.0,
        },
        remappings=[('image', IMAGE), ('odom', value(context, 'odom'))],
    )


def replay(context: LaunchContext, folder: Path, *, stays: bool) -> Node:
    """Return the player of the second drive; the launch ends with it unless something stays."""
    topic = f'{IMAGE}/compressed'
    namespace = value(context, 'namespace').strip('/')
    target = f'{namespace}/avpr_localizer' if namespace else 'avpr_localizer'
    given = ['--image-topic', topic, '--rate', value(context, 'rate'), '--node', target]
    return Node(
        package='avpr_ros',
        executable='avpr_replay',
        output='screen',
        arguments=[str(folder / BAG), *given, '--out', str(folder / ANSWERS)],
        on_exit=None if stays else end_launch('avpr_replay'),
    )


def rviz_installed() -> bool:
    """Return whether there is an RViz to open."""
    try:
        get_package_prefix('rviz2')
    except PackageNotFoundError:
        return False
    return True


def rviz(context: LaunchContext) -> Node:
    """Return RViz with the configuration of this package."""
    config = Path(get_package_share_directory('avpr_ros'), 'config', 'avpr.rviz')
    topics = [f'avpr_localizer/{name}' for name in ('markers', 'pose', 'match_image')]
    return Node(
        package='rviz2',
        executable='rviz2',
        namespace=value(context, 'namespace'),
        arguments=['-d', str(config)],
        remappings=[(f'/{topic}', topic) for topic in topics],
    )


def generate_launch_description() -> LaunchDescription:
    """Return what ``ros2 launch`` runs."""
    return LaunchDescription([*arguments(), OpaqueFunction(function=start_nodes)])
