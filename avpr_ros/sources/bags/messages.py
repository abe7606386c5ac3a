# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Conversion of fields of ROS 1 and ROS 2 messages."""

from __future__ import annotations

from typing import Any

from avpr_ros.sources.frame import CameraIntrinsics


def frame_id(header: Any) -> str:
    """Return a header's frame without the leading slash that ROS 1 allowed."""
    return str(header.frame_id).lstrip('/')


def pose_values(pose: Any) -> list[float]:
    """Return ``x y z qx qy qz qw`` of a ``geometry_msgs/Pose``."""
    return _seven(pose.position, pose.orientation)


def transform_values(transform: Any) -> list[float]:
    """Return ``x y z qx qy qz qw`` of a ``geometry_msgs/Transform``."""
    return _seven(transform.translation, transform.rotation)


def camera_intrinsics(info: Any) -> CameraIntrinsics | None:
    """Convert ``sensor_msgs/CameraInfo``; None where the camera is uncalibrated (K is zero).

    Its field names are capitals in ROS 1.
    """
    k = info.k if hasattr(info, 'k') else info.K
    d = info.d if hasattr(info, 'd') else info.D
    if float(k[0]) == 0.0:
        return None
    return CameraIntrinsics(
        int(info.width),
        int(info.height),
        str(info.distortion_model),
        tuple(float(value) for value in k),
        tuple(float(value) for value in d),
    )


def _seven(point: Any, quaternion: Any) -> list[float]:
    return [
        float(value)
        for value in (
            *(point.x, point.y, point.z),
            *(quaternion.x, quaternion.y, quaternion.z, quaternion.w),
        )
    ]
