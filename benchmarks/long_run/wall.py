# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A robot that drives along a painted wall: pictures, poses, camera, map and query network."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path
import shutil

import cv2
import numpy as np
from scipy.spatial.transform import Rotation

from avpr_ros.arrays import RgbImage
from avpr_ros.poses import Pose
from avpr_ros.sources.frame import Camera, CameraIntrinsics, Frame, StampedImage
from avpr_ros.sources.preflight import Preflight

#: The wall is so far from the camera, which looks to the left.
_DISTANCE_M, _FOCAL_PX, _WIDTH_PX, _HEIGHT_PX = 4.0, 320.0, 640, 480
LENGTH_M = 40.0
_STEP_M = 0.5
_START_NS = 1_700_000_000 * 10**9
INTRINSICS = CameraIntrinsics(
    _WIDTH_PX,
    _HEIGHT_PX,
    'plumb_bob',
    (_FOCAL_PX, 0.0, _WIDTH_PX / 2, 0.0, _FOCAL_PX, _HEIGHT_PX / 2, 0.0, 0.0, 1.0),
    (0.0,) * 5,
)
#: Optical frame in the base: x ahead, y down, z to the left.
_TO_THE_LEFT = Rotation.from_matrix([[1, 0, 0], [0, 0, 1], [0, -1, 0]])
CAMERA = Camera('camera', 'image', Pose(np.zeros(3), _TO_THE_LEFT), INTRINSICS)


@cache
def _wall() -> RgbImage:
    rng = np.random.default_rng(0)
    width_px = _WIDTH_PX + int(LENGTH_M * _FOCAL_PX / _DISTANCE_M) + 1
    wall = np.zeros((_HEIGHT_PX, width_px, 3), np.float32)
    for side_px in (4, 12, 40, 160):
        shape = (_HEIGHT_PX // side_px + 1, width_px // side_px + 1, 3)
        coarse = rng.normal(size=shape).astype(np.float32)
        size = width_px, _HEIGHT_PX
        wall += np.asarray(cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC), np.float32)
    return np.clip(127 + 40 * wall, 0, 255).astype(np.uint8)


def view(x_m: float) -> RgbImage:
    """Return the (480, 640, 3) image from a place along the wall."""
    left_px = round(x_m * _FOCAL_PX / _DISTANCE_M)
    return np.ascontiguousarray(_wall()[:, left_px : left_px + _WIDTH_PX])


class WallDrive:
    """The mapping drive, as a source of ``avpr_ros.build_map``."""

    name = 'wall'
    map_frame = 'map'
    base_frame = 'base_link'
    pose_source = 'by construction'
    cameras = (CAMERA,)
    geodetic_origin = None

    def __init__(self) -> None:
        """Place the images."""
        self._x_m = np.arange(0.0, LENGTH_M, _STEP_M).tolist()

    def preflight(self) -> Preflight:
        """See ``FrameSource``."""
        stamps_ns = np.array([_stamp_ns(x_m) for x_m in self._x_m], np.int64)
        return Preflight((), stamps_ns, [Pose.from_xy_yaw(x_m, 0.0, 0.0) for x_m in self._x_m])

    def images(self) -> Iterator[StampedImage]:
        """See ``FrameSource``."""
        for x_m in self._x_m:
            yield StampedImage(_stamp_ns(x_m), CAMERA.name, partial(view, x_m))

    def frames(self) -> Iterator[Frame]:
        """See ``FrameSource``."""
        for x_m in self._x_m:
            pose = Pose.from_xy_yaw(x_m, 0.0, 0.0)
            yield Frame(_stamp_ns(x_m), CAMERA.name, pose, partial(view, x_m))


def prepare(folder: Path) -> None:
    """Write a map, a copy of it and a query network: ``map``, ``spare`` and ``query.onnx``."""
    from avpr_ros.api.maps import build_map
    from avpr_ros.api.training import train_query_network

    build_map(WallDrive(), folder / 'map', network='embedded-light', dim=64)
    shutil.copytree(folder / 'map', folder / 'spare')
    train_query_network(folder / 'map', folder / 'query.onnx', steps=2, batch_size=2)


def _stamp_ns(x_m: float) -> int:
    return _START_NS + round(x_m * 1e9)
