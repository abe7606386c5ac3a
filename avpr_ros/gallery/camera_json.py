# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Cameras in the manifest."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from avpr_ros.json_fields import Fields
from avpr_ros.poses import Pose
from avpr_ros.sources.frame import Camera, CameraIntrinsics, GeodeticOrigin
from avpr_ros.sources.images.pixel_range import PixelRange


def camera_to_json(camera: Camera) -> dict[str, Any]:
    """Return a camera as JSON; the extrinsics as x y z qx qy qz qw, no range of 8-bit images."""
    pose = camera.base_from_camera
    data: dict[str, Any] = {
        'name': camera.name,
        'topic': camera.topic,
        'base_from_camera': None if pose is None else pose.as_xyz_quaternion().tolist(),
        'intrinsics': None if camera.intrinsics is None else asdict(camera.intrinsics),
    }
    if camera.pixel_range is not None:
        data['pixel_range'] = [camera.pixel_range.low, camera.pixel_range.high]
    return data


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
    pixel_range = None
    if data.has('pixel_range'):
        low, high = data.numbers('pixel_range')
        pixel_range = PixelRange(int(low), int(high))
    return Camera(data.text('name'), data.text('topic'), pose, intrinsics, pixel_range)


def origin_from_json(data: Fields) -> GeodeticOrigin:
    """Read where the origin of a map lies on the Earth; raises ``ValueError``."""
    return GeodeticOrigin(
        data.number('latitude_deg'),
        data.number('longitude_deg'),
        data.number('altitude_m'),
        data.text('crs'),
    )
