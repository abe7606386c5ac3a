# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Writes a drive as a ROS 2 bag (mcap), as a recording of a robot would look."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from rosbags.interfaces import Connection
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import Stores, get_typestore

from avpr_ros.arrays import RgbImage
from avpr_ros.poses import Pose
from avpr_ros.sources.frame import CameraIntrinsics
from avpr_ros.stamps import NS_PER_S
from avpr_ros.storage.files import atomic_folder

IMAGE_TOPIC = '/camera/image/compressed'
ODOMETRY_TOPIC = '/odom'
TRUTH_TOPIC = '/ground_truth'
MAP_FRAME = 'map'
ODOMETRY_FRAME = 'odom'
BASE_FRAME = 'base_link'
CAMERA_FRAME = 'camera_optical'
JPEG_QUALITY = 88
_PNG = b'\x89PNG'

_STORE = get_typestore(Stores.ROS2_JAZZY)
_TOPICS = {
    IMAGE_TOPIC: 'sensor_msgs/msg/CompressedImage',
    '/camera/camera_info': 'sensor_msgs/msg/CameraInfo',
    ODOMETRY_TOPIC: 'nav_msgs/msg/Odometry',
    TRUTH_TOPIC: 'geometry_msgs/msg/PoseStamped',
    '/tf_static': 'tf2_msgs/msg/TFMessage',
}


@dataclass(frozen=True)
class Shot:
    """One picture: its stamp, the true pose of the base, the image as JPEG or PNG."""

    stamp_ns: int
    map_from_base: Pose
    encoded: bytes


def encode_jpeg(image: RgbImage) -> bytes:
    """Return an RGB image as JPEG bytes."""
    _, data = cv2.imencode(
        '.jpg', cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
    )
    return bytes(data)


def write_bag(
    path: Path,
    shots: Iterable[Shot],
    odometry: Sequence[tuple[int, Pose]],
    intrinsics: CameraIntrinsics | None,
    base_from_camera: Pose,
    odometry_frame: str = MAP_FRAME,
) -> None:
    """Write one drive; an older bag at ``path`` is replaced when the new one is whole.

    Args:
        path: the bag's folder; the mcap file in it has the same name.
        shots: in stamp order; consumed while writing.
        odometry: stamp and pose of the base, in stamp order, at its own rate.
        intrinsics: for ``camera_info``; None: no ``camera_info`` is written.
        base_from_camera: extrinsics of the camera.
        odometry_frame: frame of the odometry poses; with drift it is not the map frame.
    """
    with atomic_folder(path, replace=True) as temporary:
        folder = temporary / path.name
        with Writer(folder, version=9, storage_plugin=StoragePlugin.MCAP) as writer:
            messages = [(when, _odometry(when, pose, odometry_frame)) for when, pose in odometry]
            extrinsics = _extrinsics(messages[0][0], base_from_camera)
            _write(writer, shots, messages, intrinsics, extrinsics)
        for file in folder.iterdir():
            file.replace(temporary / file.name)
        folder.rmdir()


def _write(
    writer: Writer,
    shots: Iterable[Shot],
    odometry: Sequence[tuple[int, Any]],
    intrinsics: CameraIntrinsics | None,
    extrinsics: Any,
) -> None:
    topics = {
        topic: writer.add_connection(topic, kind, typestore=_STORE)
        for topic, kind in _TOPICS.items()
    }
    waiting = list(reversed(odometry))
    _put(writer, topics['/tf_static'], extrinsics, odometry[0][0])
    for shot in shots:
        stamp = shot.stamp_ns
        while waiting and waiting[-1][0] <= stamp:
            when, message = waiting.pop()
            _put(writer, topics[ODOMETRY_TOPIC], message, when)
        _put(writer, topics[TRUTH_TOPIC], _pose_stamped(stamp, shot.map_from_base), stamp)
        if intrinsics is not None:
            _put(writer, topics['/camera/camera_info'], _camera_info(stamp, intrinsics), stamp)
        _put(writer, topics[IMAGE_TOPIC], _image(stamp, shot.encoded), stamp)
    for when, message in reversed(waiting):
        _put(writer, topics[ODOMETRY_TOPIC], message, when)


def _put(writer: Writer, connection: Connection, message: Any, stamp_ns: int) -> None:
    writer.write(connection, stamp_ns, _STORE.serialize_cdr(message, connection.msgtype))


def _type(name: str) -> Any:
    return _STORE.types[name]


def _header(stamp_ns: int, frame: str) -> Any:
    seconds, nanoseconds = divmod(stamp_ns, NS_PER_S)
    time = _type('builtin_interfaces/msg/Time')(sec=seconds, nanosec=nanoseconds)
    return _type('std_msgs/msg/Header')(stamp=time, frame_id=frame)


def _pose(pose: Pose) -> Any:
    x, y, z, qx, qy, qz, qw = (float(value) for value in pose.as_xyz_quaternion())
    return _type('geometry_msgs/msg/Pose')(
        position=_type('geometry_msgs/msg/Point')(x=x, y=y, z=z),
        orientation=_type('geometry_msgs/msg/Quaternion')(x=qx, y=qy, z=qz, w=qw),
    )


def _image(stamp_ns: int, encoded: bytes) -> Any:
    return _type('sensor_msgs/msg/CompressedImage')(
        header=_header(stamp_ns, CAMERA_FRAME),
        format='png' if encoded.startswith(_PNG) else 'rgb8; jpeg compressed bgr8',
        data=np.frombuffer(encoded, np.uint8),
    )


def _camera_info(stamp_ns: int, intrinsics: CameraIntrinsics) -> Any:
    k = np.array(intrinsics.k, np.float64)
    return _type('sensor_msgs/msg/CameraInfo')(
        header=_header(stamp_ns, CAMERA_FRAME),
        height=intrinsics.height_px,
        width=intrinsics.width_px,
        distortion_model=intrinsics.distortion_model,
        d=np.array(intrinsics.d, np.float64),
        k=k,
        r=np.eye(3).ravel(),
        p=np.insert(k.reshape(3, 3), 3, 0.0, axis=1).ravel(),
        binning_x=0,
        binning_y=0,
        roi=_type('sensor_msgs/msg/RegionOfInterest')(
            x_offset=0, y_offset=0, height=0, width=0, do_rectify=False
        ),
    )


def _odometry(stamp_ns: int, pose: Pose, frame: str) -> Any:
    zero = _type('geometry_msgs/msg/Vector3')(x=0.0, y=0.0, z=0.0)
    return _type('nav_msgs/msg/Odometry')(
        header=_header(stamp_ns, frame),
        child_frame_id=BASE_FRAME,
        pose=_type('geometry_msgs/msg/PoseWithCovariance')(
            pose=_pose(pose), covariance=np.diag([1e-4, 1e-4, 1e-4, 1e-6, 1e-6, 1e-6]).ravel()
        ),
        twist=_type('geometry_msgs/msg/TwistWithCovariance')(
            twist=_type('geometry_msgs/msg/Twist')(linear=zero, angular=zero),
            covariance=np.zeros(36),
        ),
    )


def _pose_stamped(stamp_ns: int, pose: Pose) -> Any:
    return _type('geometry_msgs/msg/PoseStamped')(
        header=_header(stamp_ns, MAP_FRAME), pose=_pose(pose)
    )


def _extrinsics(stamp_ns: int, base_from_camera: Pose) -> Any:
    x, y, z, qx, qy, qz, qw = (float(v) for v in base_from_camera.as_xyz_quaternion())
    transform = _type('geometry_msgs/msg/TransformStamped')(
        header=_header(stamp_ns, BASE_FRAME),
        child_frame_id=CAMERA_FRAME,
        transform=_type('geometry_msgs/msg/Transform')(
            translation=_type('geometry_msgs/msg/Vector3')(x=x, y=y, z=z),
            rotation=_type('geometry_msgs/msg/Quaternion')(x=qx, y=qy, z=qz, w=qw),
        ),
    )
    return _type('tf2_msgs/msg/TFMessage')(transforms=[transform])
