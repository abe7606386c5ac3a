# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Two drives along the corridor of the drawn building, written as bags."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from avpr_ros.arrays import FloatArray
from avpr_ros.demo.bag_writer import Shot, encode_jpeg, write_bag
from avpr_ros.demo.building import CAMERA_HEIGHT_M, INNER_M, OUTER_M, Building, Light, intrinsics
from avpr_ros.poses import Pose
from avpr_ros.stamps import NS_PER_S

SPEED_M_S = 1.0
#: Radius of the turns of the middle line.
_TURN_M = 1.2
_FINE_M = 0.01
#: Metres and radians, white.
_ODOMETRY_NOISE = (0.01, 0.001)
#: Odometry messages for each image.
_ODOMETRY_RATE = 3
#: A level camera above the base, which looks ahead; optical axes as in REP-103.
BASE_FROM_CAMERA = Pose(
    np.array([0.0, 0.0, CAMERA_HEIGHT_M]),
    Rotation.from_matrix([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]]),
)


@dataclass(frozen=True)
class Drive:
    """One round through the corridor.

    Attributes:
        name: of the bag.
        start_ns: stamp of the first image.
        start_m: where on the middle line it begins.
        step_m: distance of successive images.
        left_m: offset from the middle line, positive to the left.
        light: of the pictures.
        seed: of the noise of images and odometry.
    """

    name: str
    start_ns: int
    start_m: float = 0.0
    step_m: float = 0.75
    left_m: float = 0.0
    light: Light = field(default_factory=Light)
    seed: int = 0


MAPPING = Drive('mapping_run', 1_767_000_000 * NS_PER_S)
SECOND = Drive(
    'second_run',
    1_767_040_000 * NS_PER_S,
    start_m=4.0,
    step_m=0.5,
    left_m=0.4,
    light=Light((0.75, 0.66, 0.55), noise=4.0),
    seed=1,
)


def record(drive: Drive, building: Building, folder: Path) -> Path:
    """Draw a drive and write its bag into a folder; return the bag."""
    poses = true_poses(drive)
    period_ns = int(drive.step_m / SPEED_M_S * NS_PER_S)
    stamps = [drive.start_ns + number * period_ns for number in range(len(poses))]
    path = folder / drive.name
    between = _noisy(true_poses(replace(drive, step_m=drive.step_m / _ODOMETRY_RATE)), drive.seed)
    odometry = [
        (drive.start_ns + number * period_ns // _ODOMETRY_RATE, pose)
        for number, pose in enumerate(between)
    ]
    shots = _shots(drive, building, stamps, poses)
    write_bag(path, shots, odometry, intrinsics(), BASE_FROM_CAMERA)
    return path


def true_poses(drive: Drive) -> list[Pose]:
    """Return ``map_from_base`` at each image of a drive."""
    line_m, yaw_rad = _middle_line()
    length_m = len(line_m) * _FINE_M
    at_m = drive.start_m + np.arange(0.0, length_m, drive.step_m)
    rows = np.round(at_m / _FINE_M).astype(np.int64) % len(line_m)
    left = np.stack([-np.sin(yaw_rad[rows]), np.cos(yaw_rad[rows])], axis=1)
    places = line_m[rows] + drive.left_m * left
    return [
        Pose.from_xy_yaw(float(x), float(y), float(yaw))
        for (x, y), yaw in zip(places, yaw_rad[rows], strict=True)
    ]


def _middle_line() -> tuple[FloatArray, FloatArray]:
    """Return (N, 2) points of the rounded middle line, a centimetre apart, and (N,) headings."""
    half_x, half_y = ((outer + inner) / 2 for outer, inner in zip(OUTER_M, INNER_M, strict=True))
    point, yaw = np.array([-half_x + _TURN_M, -half_y]), 0.0
    points, yaws = [], []
    for straight_m in (2 * half_x, 2 * half_y) * 2:
        count = round((straight_m - 2 * _TURN_M) / _FINE_M)
        turn = round(_TURN_M * np.pi / 2 / _FINE_M)
        for step in range(count + turn):
            points.append(point)
            yaws.append(yaw)
            point = point + _FINE_M * np.array([np.cos(yaw), np.sin(yaw)])
            yaw += (np.pi / 2 / turn) if step >= count else 0.0
    return np.array(points), np.array(yaws)


def _shots(
    drive: Drive, building: Building, stamps: list[int], poses: list[Pose]
) -> Iterator[Shot]:
    for number, (stamp, pose) in enumerate(zip(stamps, poses, strict=True)):
        picture = building.picture(pose, drive.light, 1000 * drive.seed + number)
        yield Shot(stamp, pose, encode_jpeg(picture))


def _noisy(poses: list[Pose], seed: int) -> list[Pose]:
    random = np.random.default_rng(seed)
    place_m, turn_rad = _ODOMETRY_NOISE
    return [
        Pose.from_xy_yaw(
            float(pose.translation_m[0] + random.normal(0.0, place_m)),
            float(pose.translation_m[1] + random.normal(0.0, place_m)),
            float(pose.yaw_rad() + random.normal(0.0, turn_rad)),
        )
        for pose in poses
    ]
