# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Cameras in the manifest."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from avpr_ros.json_fields import Fields
from avpr_ros.poses import Pose
from avpr_ros.sources.frame import Camera, CameraIntrinsics


def camera_to_json(camera: Camera) -> dict[str, Any]:
    """Return a camera as JSON; the extrinsics as x y z qx qy qz qw."""
    pose = camera.base_from_camera
    return {
        'name': camera.name,
        'topic': camera.topic,
        'base_from_camera': None if pose is None else pose.as_xyz_quaternion().tolist(),
        'intrinsics': None if camera.intrinsics is None else asdict(camera.intrinsics),
    }


def camera_from_json(data: Fields) -> Camera:
    """Read back what ``camera_to_json`` gave; raises ``ValueError``."""
    intrinsics = None
    if data.has('intrinsics'):
        lens = data.child('intrinsics')
        intrinsics = CameraIntrinsics(
            lens.integer('width_px'),
            lens.integer('height_px'),
            lens.text('distortion_model'),
            lens.numbers('k'),
            lens.numbers('d'),
        )
    pose = None
    if data.has('base_from_camera'):
        pose = Pose.from_xyz_quaternion(data.numbers('base_from_camera'))
    return Camera(data.text('name'), data.text('topic'), pose, intrinsics)
