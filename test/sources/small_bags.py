# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Small real bags for the tests of sources, written with rosbags."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import Stores, get_typestore

from avpr_ros.sources.preflight import Preflight, PreflightCheck

STORE = get_typestore(Stores.ROS2_JAZZY)
STORAGES = {'mcap': StoragePlugin.MCAP, 'sqlite3': StoragePlugin.SQLITE3}
SECOND_NS = 1_000_000_000
EPOCH_NS = 1_700_000_000 * SECOND_NS


class Sent(NamedTuple):
    """A message to be written; recorded when stamped unless said otherwise."""

    topic: str
    message: Any
    stamp_ns: int


def make(msgtype: str, *args: Any) -> Any:
    """Build a message of a ROS 2 type such as ``std_msgs/msg/Header``."""
    return STORE.types[msgtype](*args)


def header(stamp_ns: int, frame: str) -> Any:
    time = make('builtin_interfaces/msg/Time', stamp_ns // SECOND_NS, stamp_ns % SECOND_NS)
    return make('std_msgs/msg/Header', time, frame)


def picture(number: int, height: int = 24, width: int = 32) -> Any:
    """Return a smooth RGB picture whose mean tells its number."""
    ramp = np.linspace(0, 20, width, dtype=np.float64)[np.newaxis, :, np.newaxis]
    return np.broadcast_to(number * 10 + ramp, (height, width, 3)).astype(np.uint8)


def raw_image(stamp_ns: int, rgb: Any, frame: str = 'cam') -> Any:
    height, width = rgb.shape[:2]
    data = np.ascontiguousarray(rgb).reshape(-1)
    head = header(stamp_ns, frame)
    return make('sensor_msgs/msg/Image', head, height, width, 'rgb8', 0, width * 3, data)


def compressed_image(stamp_ns: int, rgb: Any, suffix: str = 'jpeg', frame: str = 'cam') -> Any:
    data = cv2.imencode(f'.{suffix}', cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))[1].reshape(-1)
    return make('sensor_msgs/msg/CompressedImage', header(stamp_ns, frame), suffix, data)


def vector(x: float, y: float, z: float) -> Any:
    return make('geometry_msgs/msg/Vector3', x, y, z)


def quaternion(yaw_rad: float) -> Any:
    half = yaw_rad / 2
    return make('geometry_msgs/msg/Quaternion', 0.0, 0.0, float(np.sin(half)), float(np.cos(half)))


def pose(x: float, y: float, yaw_rad: float) -> Any:
    point = make('geometry_msgs/msg/Point', x, y, 0.0)
    return make('geometry_msgs/msg/Pose', point, quaternion(yaw_rad))


def pose_with_covariance(x: float, y: float, yaw_rad: float) -> Any:
    return make('geometry_msgs/msg/PoseWithCovariance', pose(x, y, yaw_rad), np.zeros(36))


def odometry(
    stamp_ns: int, x: float, y: float = 0.0, yaw_rad: float = 0.0, child: str = 'base_link'
) -> Any:
    twist = make('geometry_msgs/msg/Twist', vector(0.0, 0.0, 0.0), vector(0.0, 0.0, 0.0))
    return make(
        'nav_msgs/msg/Odometry',
        header(stamp_ns, 'odom'),
        child,
        pose_with_covariance(x, y, yaw_rad),
        make('geometry_msgs/msg/TwistWithCovariance', twist, np.zeros(36)),
    )


def transform(
    stamp_ns: int, parent: str, child: str, x: float, y: float = 0.0, yaw_rad: float = 0.0
) -> Any:
    moved = make('geometry_msgs/msg/Transform', vector(x, y, 0.0), quaternion(yaw_rad))
    return make('geometry_msgs/msg/TransformStamped', header(stamp_ns, parent), child, moved)


def tf(*transforms: Any) -> Any:
    return make('tf2_msgs/msg/TFMessage', list(transforms))


def fix(stamp_ns: int, latitude: float, longitude: float, altitude: float, status: int = 0) -> Any:
    return make(
        'sensor_msgs/msg/NavSatFix',
        header(stamp_ns, 'gnss'),
        make('sensor_msgs/msg/NavSatStatus', status, 1),
        latitude,
        longitude,
        altitude,
        np.zeros(9),
        0,
    )


def camera_info(stamp_ns: int) -> Any:
    k = np.array([30.0, 0, 16, 0, 31.0, 12, 0, 0, 1])
    region = make('sensor_msgs/msg/RegionOfInterest', 0, 0, 0, 0, False)
    return make(
        'sensor_msgs/msg/CameraInfo',
        header(stamp_ns, 'cam'),
        24,
        32,
        'plumb_bob',
        np.array([0.1, 0.2, 0.0, 0.0, 0.0]),
        k,
        np.eye(3).reshape(-1),
        np.zeros(12),
        0,
        0,
        region,
    )


def write_bag(path: Path, sent: Iterable[Sent], storage: str = 'mcap') -> Path:
    """Write a bag; messages keep the order of ``sent`` where recorded at one time."""
    with Writer(path, version=9, storage_plugin=STORAGES[storage]) as writer:
        connections: dict[str, Any] = {}
        for topic, message, stamp_ns in sent:
            msgtype = message.__msgtype__
            if topic not in connections:
                connections[topic] = writer.add_connection(topic, msgtype, typestore=STORE)
            writer.write(connections[topic], stamp_ns, STORE.serialize_cdr(message, msgtype))
    return path


def drive(count: int = 6, images: Sequence[str] = ('/cam/image_raw',)) -> list[Sent]:
    """Return a drive along x at 1 m/s: an image a second, odometry ten times a second.

    Images are recorded 0.3 s after their stamp, so that the time of recording would be wrong.
    """
    sent = []
    for tenth in range(10 * count):
        stamp = EPOCH_NS + tenth * SECOND_NS // 10
        sent.append(Sent('/odom', odometry(stamp, tenth / 10), stamp))
    for number in range(count):
        stamp = EPOCH_NS + number * SECOND_NS + 50_000_000
        for topic in images:
            kind = compressed_image if topic.endswith('compressed') else raw_image
            sent.append(Sent(topic, kind(stamp, picture(number)), stamp + 300_000_000))
    return sorted(sent, key=lambda one: one.stamp_ns)


def found(preflight: Preflight, name: str) -> PreflightCheck:
    """Return the check of that name."""
    return next(check for check in preflight.checks if check.name == name)
