# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The real sets of ``slam.py`` as bags: a drive for the map, and one with drifting odometry."""

from __future__ import annotations

from collections.abc import Sequence
import csv
import itertools
from pathlib import Path

import cv2
import numpy as np

from avpr_ros.demo.bag_writer import ODOMETRY_FRAME, Shot, encode_jpeg, write_bag
from avpr_ros.demo.camera import BASE_FROM_CAMERA, Camera
from avpr_ros.demo.drift import Drift, with_drift
from avpr_ros.poses import Pose
from avpr_ros.ros.odometry import interpolated

GALLERY, QUERY = 'gallery', 'query'
START_NS = 1_700_000_000 * 10**9
SEED = 1
#: Poses of odometry for each frame.
ODOMETRY_PER_FRAME = 10
#: Lens of EuRoC's cam0, as in its ``camera.yaml``.
EUROC = Camera(752, 480, 458.0)
EUROC_K = np.array([[458.654, 0.0, 367.215], [0.0, 457.296, 248.375], [0.0, 0.0, 1.0]])
EUROC_D = np.array([-0.28340811, 0.07395907, 0.00019359, 1.76187114e-05, 0.0])


def write_corridor(data: Path, folder: Path, drift: Drift, frames: int | None) -> None:
    """Write both walks, one frame a second and one metre along x."""
    for walk, odometry_drift in ((GALLERY, None), (QUERY, drift)):
        images = sorted((data / walk).iterdir())[:frames]
        shots = [
            Shot(START_NS + k * 10**9, Pose.from_xy_yaw(float(k), 0.0, 0.0), image.read_bytes())
            for k, image in enumerate(images)
        ]
        _write(folder / walk, shots, shots, None, odometry_drift)


def write_euroc(data: Path, folder: Path, drift: Drift, frames: int | None) -> None:
    """Write a flight as two: the even frames for the map, the odd ones for the queries."""
    with (data / 'poses.csv').open(encoding='utf-8') as file:
        rows = list(csv.DictReader(file))[:frames]
    shots = [
        Shot(int(row['stamp_ns']), _euroc_pose(row), _undistorted(image))
        for row, image in zip(rows, sorted((data / 'cam0').iterdir()), strict=False)
    ]
    _write(folder / GALLERY, shots[::2], shots, EUROC, None)
    _write(folder / QUERY, shots[1::2], shots, EUROC, drift)


def _euroc_pose(row: dict[str, str]) -> Pose:
    names = ('x_m', 'y_m', 'z_m', 'qx', 'qy', 'qz', 'qw')
    map_from_camera = Pose.from_xyz_quaternion(np.array([float(row[name]) for name in names]))
    return map_from_camera @ BASE_FROM_CAMERA.inverse()


def _undistorted(image: Path) -> bytes:
    """Return the image as EUROC's pinhole would have taken it."""
    centre_x, centre_y = EUROC.centre_px
    pinhole = np.array([[EUROC.focal_px, 0, centre_x], [0, EUROC.focal_px, centre_y], [0, 0, 1.0]])
    picture = cv2.imread(str(image), cv2.IMREAD_COLOR)
    assert picture is not None, image
    flat = cv2.undistort(picture, EUROC_K, EUROC_D, None, pinhole)
    return encode_jpeg(np.asarray(flat, np.uint8))


def _write(
    bag: Path,
    shots: Sequence[Shot],
    way: Sequence[Shot],
    camera: Camera | None,
    drift: Drift | None,
) -> None:
    """Write the shots; odometry follows the way, finely, in the map or with drift."""
    stamps, truth = [way[0].stamp_ns], [way[0].map_from_base]
    for before, after in itertools.pairwise(way):
        for k in range(1, ODOMETRY_PER_FRAME + 1):
            part = k / ODOMETRY_PER_FRAME
            stamps.append(before.stamp_ns + round(part * (after.stamp_ns - before.stamp_ns)))
            truth.append(interpolated(before.map_from_base, after.map_from_base, part))
    if drift is None:
        write_bag(bag, shots, list(zip(stamps, truth, strict=True)), camera)
        return
    odometry = with_drift(truth, drift, np.random.default_rng(SEED))
    write_bag(bag, shots, list(zip(stamps, odometry, strict=True)), camera, ODOMETRY_FRAME)
