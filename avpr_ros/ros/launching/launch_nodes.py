# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The nodes of this package for launch files: arguments, and how they reach the nodes."""

from __future__ import annotations

from pathlib import Path

from ament_index_python.packages import get_package_share_directory
from launch.actions import DeclareLaunchArgument
from launch.launch_context import LaunchContext
from launch_ros.actions import Node

from avpr_ros.ros.launching.launch_utils import TRUTH, argument, given, node, value

#: RTAB-Map's topics and service, in its usual namespace; its services are under its own name too.
RTABMAP = (
    ('global_pose', 'rtabmap/global_pose'),
    ('add_link', 'rtabmap/rtabmap/add_link'),
    ('info', 'rtabmap/info'),
    ('mapGraph', 'rtabmap/mapGraph'),
)
LOCALIZER = {'map_path': str, 'query_network': str, 'image_transport': str}
LOOP_CLOSING = {'query_network': str, 'image_transport': str, 'save_path': str}
ADAPTER = {'map_frame': str, 'dry_run': bool}
POSE_GRAPH = {'output': str}


def localizer_arguments() -> list[DeclareLaunchArgument]:
    """Return the arguments of the localizer in either mode."""
    config = Path(get_package_share_directory('avpr_ros'), 'config', 'localizer.yaml')
    return [
        argument(
            'query_network',
            'ONNX file of the query network; empty: as in params_file, else the one in the map.',
        ),
        argument('params_file', 'YAML file with the parameters of the localizer.', str(config)),
        argument(
            'image', 'Topic of the raw images; /compressed is added for compressed ones.', 'image'
        ),
        argument('camera_info', 'Topic of the camera model; empty: beside the images.'),
        argument(
            'image_transport',
            'Kind of image message; empty: as in params_file.',
            choices=['auto', 'raw', 'compressed'],
        ),
    ]


def map_argument() -> DeclareLaunchArgument:
    """Return the argument of the map."""
    return argument('map_path', 'Folder of the gallery map; empty: as in params_file.')


def localizer(context: LaunchContext, mode: str | None = None) -> Node:
    """Return ``avpr_localizer``.

    Args:
        context: with :func:`localizer_arguments` and those of every launch file.
        mode: value of the parameter of that name; None: as in the parameter file, with a map.
    """
    image, camera_info = value(context, 'image'), value(context, 'camera_info')
    folder = image.rpartition('/')[0]
    beside = f'{folder}/camera_info' if '/' in image else 'camera_info'
    return node(
        context,
        'avpr_localizer',
        params_file=value(context, 'params_file'),
        parameters=given(context, LOCALIZER)
        if mode is None
        else {'mode': mode, **given(context, LOOP_CLOSING)},
        remappings=[
            ('image', image),
            ('odom', value(context, 'odom')),
            *([(beside, camera_info)] if camera_info else []),
        ],
    )


def adapter_arguments(
    *, consumer_pose: str = '', params_file: str = 'adapter_params_file'
) -> list[DeclareLaunchArgument]:
    """Return the arguments of the adapter, without ``mode``.

    Args:
        consumer_pose: default topic of the consumer's own estimate; empty: the mode has no use
            for the estimate, and there are no arguments for it.
        params_file: name of the argument for its parameter file.
    """
    estimate = [
        argument(
            'consumer_pose',
            "Topic of the consumer's own estimate, for mode initialpose.",
            consumer_pose,
        ),
        argument(
            'consumer_odom',
            'The same, of a consumer that publishes nav_msgs/Odometry.',
            'consumer_odom',
        ),
    ]
    return [
        argument(params_file, 'YAML file with parameters of the adapter; empty: none.'),
        *(estimate if consumer_pose else []),
        argument('map_frame', 'Frame the consumer calls its map; empty: as in the file, or any.'),
        argument('dry_run', 'Report what would be sent, and send nothing.', choices=TRUTH),
    ]


def adapter(
    context: LaunchContext,
    mode: str,
    *,
    params_file: str = 'adapter_params_file',
    odom: str = 'odom',
) -> Node:
    """Return ``avpr_adapter``.

    Args:
        context: with :func:`adapter_arguments` and those of every launch file.
        mode: the consumer.
        params_file: name of the argument for its parameter file.
        odom: name of the argument for the topic of the odometry.
    """
    estimates = [
        (name, value(context, name))
        for name in ('consumer_pose', 'consumer_odom')
        if name in context.launch_configurations
    ]
    return node(
        context,
        'avpr_adapter',
        params_file=value(context, params_file),
        parameters={'mode': mode, **given(context, ADAPTER)},
        remappings=[('odom', value(context, odom)), *estimates, *RTABMAP],
    )


def pose_graph_arguments(
    params_file: str = 'pose_graph_params_file',
) -> list[DeclareLaunchArgument]:
    """Return the arguments of the pose graph; see :func:`adapter_arguments`."""
    return [
        argument(params_file, 'YAML file with parameters of the pose graph; empty: none.'),
        argument(
            'output', 'Folder for the trajectories and closures; empty: as in the file, or none.'
        ),
    ]


def pose_graph(context: LaunchContext, params_file: str = 'pose_graph_params_file') -> Node:
    """Return ``avpr_pose_graph``; see :func:`adapter`."""
    return node(
        context,
        'avpr_pose_graph',
        params_file=value(context, params_file),
        parameters=given(context, POSE_GRAPH),
        remappings=[('odom', value(context, 'odom'))],
    )
