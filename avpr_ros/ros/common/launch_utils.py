# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What the launch files of this package share; needs ``launch``, of a ROS distribution."""

from __future__ import annotations

from pathlib import Path

from ament_index_python.packages import get_package_share_directory
from launch.actions import IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource


def include(name: str, **arguments: str) -> IncludeLaunchDescription:
    """Return another launch file of this package; arguments that are not fixed here pass on."""
    path = Path(get_package_share_directory('avpr_ros'), 'launch', name)
    return IncludeLaunchDescription(
        PythonLaunchDescriptionSource(str(path)), launch_arguments=arguments.items()
    )
