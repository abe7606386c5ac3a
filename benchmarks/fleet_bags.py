# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The bags of ``fleet.py``: a camera that moves along walls of random texture."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from avpr_ros.poses import Pose
from avpr_ros.sources.frame import CameraIntrinsics
from avpr_ros.sources.options import SourceOptions
from avpr_ros.stamps import NS_PER_S
from simulation.drives.bag_writer import ODOMETRY_TOPIC, Shot, encode_jpeg, write_bag

#: How the bags are read.
OPTIONS = SourceOptions(pose_topic=ODOMETRY_TOPIC)
_CAMERA = CameraIntrinsics(
    640, 480, 'plumb_bob', (480.0, 0.0, 320.0, 0.0, 480.0, 240.0, 0.0, 0.0, 1.0), (0.0,) * 5
)


def write_wall(path: Path, frames: int, seed: int) -> Path:
    """Write a bag of a camera that moves sideways along a wall, one metre a frame."""
    rng = np.random.default_rng(seed)
    small = rng.integers(0, 255, (12, 18 + 2 * frames, 3), dtype=np.uint8)
    wall = cv2.resize(small, (40 * small.shape[1], 480), interpolation=cv2.INTER_CUBIC)
    poses = [Pose.from_xy_yaw(40.0 * seed, -float(n), 0.0) for n in range(frames)]
    stamped = [((n + 1) * NS_PER_S + seed, pose) for n, pose in enumerate(poses)]
    views = (wall[:, 48 * n : 48 * n + 640] for n in range(frames))
    images = (np.ascontiguousarray(view, dtype=np.uint8) for view in views)
    shots = [Shot(*one, encode_jpeg(image)) for one, image in zip(stamped, images, strict=True)]
    write_bag(path, shots, stamped, _CAMERA)
    return path
