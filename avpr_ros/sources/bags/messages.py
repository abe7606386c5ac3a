# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Conversion of fields of ROS 1 and ROS 2 messages."""

from __future__ import annotations

from typing import Any


def frame_id(header: Any) -> str:
    """Return a header's frame without the leading slash that ROS 1 allowed."""
    return str(header.frame_id).lstrip('/')


def pose_values(pose: Any) -> list[float]:
    """Return ``x y z qx qy qz qw`` of a ``geometry_msgs/Pose``."""
    return _seven(pose.position, pose.orientation)


def transform_values(transform: Any) -> list[float]:
    """Return ``x y z qx qy qz qw`` of a ``geometry_msgs/Transform``."""
    return _seven(transform.translation, transform.rotation)


def _seven(point: Any, quaternion: Any) -> list[float]:
    return [
        float(value)
        for value in (
            *(point.x, point.y, point.z),
            *(quaternion.x, quaternion.y, quaternion.z, quaternion.w),
        )
    ]
