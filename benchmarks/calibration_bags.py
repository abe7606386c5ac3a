# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The bags of ``calibrations.py``: ``euroc_v1`` with the conventions of ``camera_info``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
import shutil
from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray
from rosbags.interfaces import Connection
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import Stores, get_typestore

from avpr_ros.arrays import FloatArray
from avpr_ros.poses import Pose
from avpr_ros.sources.frame import CameraIntrinsics
from avpr_ros.sources.images.image_folder import ImageFolderSource
from avpr_ros.sources.options import SourceOptions
from avpr_ros.stamps import NS_PER_S
from benchmarks.metric_pose_sets import euroc_lens
from benchmarks.results import SHARED_DATA

POSE_TOPIC, BASE_FRAME = '/pose', 'cam0'
#: Region of interest: left, top, width and height in pixels, the middle quarter of the image.
REGION = (188, 120, 376, 240)
_STORE = get_typestore(Stores.ROS2_JAZZY)
Grey: TypeAlias = NDArray[np.uint8]


@dataclass(frozen=True)
class Convention:
    """How images are made of raw ones, and what ``camera_info`` has about them.

    Attributes:
        name: of the row in the result file.
        topic: last part of the image topic's name.
        change: makes an image of a raw one.
        ideal: whether K is the matrix of the rectified image, and D is 0.
        region: left, top, width and height in ``roi``.
        binning: in both directions.
    """

    name: str
    topic: str
    change: Callable[[Grey], Grey]
    ideal: bool = False
    region: tuple[int, int, int, int] = (0, 0, 0, 0)
    binning: int = 1


def lens() -> CameraIntrinsics:
    """Return the camera model of ``cam0``."""
    return euroc_lens(SHARED_DATA / 'euroc_v1')


@cache
def new_matrix() -> FloatArray:
    """Return the (3, 3) matrix of the rectified image, as camera_calibration has it."""
    size_px = (lens().width_px, lens().height_px)
    k = np.array(lens().k).reshape(3, 3)
    found = cv2.getOptimalNewCameraMatrix(k, np.array(lens().d), size_px, 0.0)[0]
    return np.asarray(found, dtype=np.float64)


def _raw(image: Grey) -> Grey:
    return image


def _rectified(image: Grey) -> Grey:
    k = np.array(lens().k).reshape(3, 3)
    return np.asarray(cv2.undistort(image, k, np.array(lens().d), None, new_matrix()), np.uint8)


def _region(image: Grey) -> Grey:
    x, y, width, height = REGION
    return image[y : y + height, x : x + width]


def _binned(image: Grey) -> Grey:
    half = cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    return np.asarray(half, np.uint8)


#: The conventions; in ``ideal`` K = P and D = 0.
CONVENTIONS = {
    one.name: one
    for one in (
        Convention('raw', 'image_raw', _raw),
        Convention('ideal', 'image_rect', _rectified, ideal=True),
        Convention('rectified', 'image_rect', _rectified),
        Convention('binned', 'image_raw', _binned, binning=2),
        Convention('region', 'image_raw', _region, region=REGION),
        Convention(
            'region_binned', 'image_raw', lambda image: _binned(_region(image)), False, REGION, 2
        ),
        Convention(
            'region_rectified', 'image_rect', lambda i: _region(_rectified(i)), False, REGION
        ),
    )
}


def write_bag(path: Path, convention: Convention, *, queries: bool) -> Path:
    """Write each fourth frame, or all others, with ``camera_info`` and poses."""
    data = SHARED_DATA / 'euroc_v1'
    source = ImageFolderSource(data / 'cam0', SourceOptions(poses_csv=data / 'poses.csv'))
    shutil.rmtree(path, ignore_errors=True)
    with Writer(path, version=9, storage_plugin=StoragePlugin.MCAP) as writer:
        topics: dict[str, Connection] = {}
        for number, frame in enumerate(source.frames()):
            if (number % 4 == 2) != queries:
                continue
            image = convention.change(np.ascontiguousarray(frame.decode()[..., 0]))
            header = _header(frame.stamp_ns)
            for topic, message in (
                (POSE_TOPIC, _pose(header, frame.map_from_base)),
                ('/cam0/camera_info', camera_info(header, convention)),
                (f'/cam0/{convention.topic}', _image(header, image)),
            ):
                kind = message.__msgtype__
                if topic not in topics:
                    topics[topic] = writer.add_connection(topic, kind, typestore=_STORE)
                data_bytes = _STORE.serialize_cdr(message, kind)
                writer.write(topics[topic], frame.stamp_ns, data_bytes)
    return path


def camera_info(header: Any, convention: Convention) -> Any:
    """Return the message that a driver sends with images of a convention."""
    one = lens()
    k, d = (new_matrix(), np.zeros(5)) if convention.ideal else (np.array(one.k), np.array(one.d))
    x, y, width, height = convention.region
    return _make(
        'sensor_msgs/msg/CameraInfo',
        header=header,
        height=one.height_px,
        width=one.width_px,
        distortion_model='plumb_bob',
        d=d,
        k=k.reshape(-1),
        r=np.eye(3).reshape(-1),
        p=np.column_stack([new_matrix(), np.zeros(3)]).reshape(-1),
        binning_x=convention.binning,
        binning_y=convention.binning,
        roi=_make(
            'sensor_msgs/msg/RegionOfInterest',
            x_offset=x,
            y_offset=y,
            height=height,
            width=width,
            do_rectify=False,
        ),
    )


def _make(kind: str, **fields: Any) -> Any:
    return _STORE.types[kind](**fields)


def _header(stamp_ns: int) -> Any:
    seconds, rest = divmod(stamp_ns, NS_PER_S)
    time = _make('builtin_interfaces/msg/Time', sec=seconds, nanosec=rest)
    return _make('std_msgs/msg/Header', stamp=time, frame_id=BASE_FRAME)


def _pose(header: Any, map_from_base: Pose) -> Any:
    x, y, z, qx, qy, qz, qw = (float(value) for value in map_from_base.as_xyz_quaternion())
    position = _make('geometry_msgs/msg/Point', x=x, y=y, z=z)
    orientation = _make('geometry_msgs/msg/Quaternion', x=qx, y=qy, z=qz, w=qw)
    pose = _make('geometry_msgs/msg/Pose', position=position, orientation=orientation)
    head = _make('std_msgs/msg/Header', stamp=header.stamp, frame_id='map')
    return _make('geometry_msgs/msg/PoseStamped', header=head, pose=pose)


def _image(header: Any, image: Grey) -> Any:
    height, width = image.shape
    data = np.ascontiguousarray(image).reshape(-1)
    return _make(
        'sensor_msgs/msg/Image',
        header=header,
        height=height,
        width=width,
        encoding='mono8',
        is_bigendian=0,
        step=width,
        data=data,
    )
