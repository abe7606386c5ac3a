# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Bags of drives with the simulator's camera, as a recording of a robot would look."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from avpr_ros.demo import bag_writer
from avpr_ros.demo.bag_writer import (
    BASE_FRAME,
    CAMERA_FRAME,
    IMAGE_TOPIC,
    JPEG_QUALITY,
    MAP_FRAME,
    ODOMETRY_FRAME,
    ODOMETRY_TOPIC,
    TRUTH_TOPIC,
    Shot,
    encode_jpeg,
)
from avpr_ros.poses import Pose
from avpr_ros.sources.frame import CameraIntrinsics
from simulation.rendering.camera import BASE_FROM_CAMERA, Camera

__all__ = [
    'BASE_FRAME',
    'CAMERA_FRAME',
    'IMAGE_TOPIC',
    'JPEG_QUALITY',
    'MAP_FRAME',
    'ODOMETRY_FRAME',
    'ODOMETRY_TOPIC',
    'TRUTH_TOPIC',
    'Shot',
    'encode_jpeg',
    'write_bag',
]


def write_bag(
    path: Path,
    shots: Iterable[Shot],
    odometry: Sequence[tuple[int, Pose]],
    camera: Camera | CameraIntrinsics | None,
    odometry_frame: str = MAP_FRAME,
    base_from_camera: Pose = BASE_FROM_CAMERA,
) -> None:
    """Write one drive; see :func:`avpr_ros.demo.bag_writer.write_bag`."""
    intrinsics = camera.intrinsics if isinstance(camera, Camera) else camera
    bag_writer.write_bag(path, shots, odometry, intrinsics, base_from_camera, odometry_frame)
