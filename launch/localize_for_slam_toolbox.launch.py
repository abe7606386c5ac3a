# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Localise a robot and initialise slam_toolbox.

ros2 launch avpr_ros localize_for_slam_toolbox.launch.py map_path:=PATH query_network:=PATH
"""

from __future__ import annotations

from launch import LaunchDescription

from avpr_ros.ros.common.launch_utils import include


def generate_launch_description() -> LaunchDescription:
    """Return what ``ros2 launch`` runs."""
    return LaunchDescription(
        [
            include('localize.launch.py'),
            include('adapter.launch.py', mode='initialpose', consumer_pose='pose'),
        ]
    )
