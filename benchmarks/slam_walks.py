# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The real sets of ``slam.py`` as bags: a drive for the map, and one with drifting odometry."""

from __future__ import annotations

from collections.abc import Sequence
import csv
import itertools
from pathlib import Path

import numpy as np

from avpr_ros.poses import Pose
from avpr_ros.ros.common.odometry_buffer import interpolated
from avpr_ros.sources.frame import CameraIntrinsics
from benchmarks.metric_pose_sets import euroc_lens
from simulation.drives.bag_writer import MAP_FRAME, ODOMETRY_FRAME, Shot, write_bag
from simulation.drives.drift import Drift, with_drift
from simulation.rendering.camera import AXES_FROM_OPTICAL, BASE_FROM_CAMERA

GALLERY, QUERY = 'gallery', 'query'
START_NS = 1_700_000_000 * 10**9
SEED = 1
#: Poses of odometry for each frame.
ODOMETRY_PER_FRAME = 10
#: Much harsher than published odometry is, so that walks this short drift by metres at all:
#: ``odometry_drift.py`` compares.
WALKER = Drift(1.05, 0.5, 0.5)
#: The truth is that of the camera: the base is the same point, with a base's axes.
EUROC_BASE_FROM_CAMERA = Pose(np.zeros(3), AXES_FROM_OPTICAL)


def write_corridor(data: Path, folder: Path, drift: Drift, frames: int | None) -> None:
    """Write both walks, one frame a second and one metre along x."""
    for walk, odometry_drift in ((GALLERY, None), (QUERY, drift)):
        shots = corridor_shots(data / walk, frames)
        _write(folder / walk, shots, shots, None, odometry_drift)


def corridor_shots(images: Path, frames: int | None = None) -> list[Shot]:
    """Return the frames of one walk."""
    return [
        Shot(START_NS + k * 10**9, Pose.from_xy_yaw(float(k), 0.0, 0.0), image.read_bytes())
        for k, image in enumerate(sorted(images.iterdir())[:frames])
    ]


def write_euroc(
    data: Path, folder: Path, drift: Drift, frames: int | None, every: int = 4
) -> None:
    """Write a flight as two: each ``every``-th frame for the queries, the others for the map."""
    shots = euroc_shots(data, frames)
    lens = euroc_lens(data)
    queries = shots[every // 2 :: every]
    mapped = [shot for k, shot in enumerate(shots) if k % every != every // 2]
    _write(folder / GALLERY, mapped, shots, lens, None, EUROC_BASE_FROM_CAMERA)
    _write(folder / QUERY, queries, shots, lens, drift, EUROC_BASE_FROM_CAMERA)


def euroc_shots(data: Path, frames: int | None = None) -> list[Shot]:
    """Return the frames of the flight."""
    with (data / 'poses.csv').open(encoding='utf-8') as file:
        rows = list(csv.DictReader(file))[:frames]
    return [
        Shot(int(row['stamp_ns']), _euroc_pose(row), image.read_bytes())
        for row, image in zip(rows, sorted((data / 'cam0').iterdir()), strict=False)
    ]


def _euroc_pose(row: dict[str, str]) -> Pose:
    names = ('x_m', 'y_m', 'z_m', 'qx', 'qy', 'qz', 'qw')
    map_from_camera = Pose.from_xyz_quaternion(np.array([float(row[name]) for name in names]))
    return map_from_camera @ EUROC_BASE_FROM_CAMERA.inverse()


def _write(
    bag: Path,
    shots: Sequence[Shot],
    way: Sequence[Shot],
    lens: CameraIntrinsics | None,
    drift: Drift | None,
    base_from_camera: Pose = BASE_FROM_CAMERA,
) -> None:
    """Write the shots; odometry follows the way, finely, in the map or with drift."""
    stamps, truth = fine(way)
    if drift is None:
        odometry, frame = truth, MAP_FRAME
    else:
        odometry, frame = with_drift(truth, drift, np.random.default_rng(SEED)), ODOMETRY_FRAME
    timed = list(zip(stamps, odometry, strict=True))
    write_bag(bag, shots, timed, lens, frame, base_from_camera)


def fine(way: Sequence[Shot]) -> tuple[list[int], list[Pose]]:
    """Return stamps and true poses along the way, as dense as odometry comes."""
    stamps, truth = [way[0].stamp_ns], [way[0].map_from_base]
    for before, after in itertools.pairwise(way):
        for k in range(1, ODOMETRY_PER_FRAME + 1):
            part = k / ODOMETRY_PER_FRAME
            stamps.append(before.stamp_ns + round(part * (after.stamp_ns - before.stamp_ns)))
            truth.append(interpolated(before.map_from_base, after.map_from_base, part))
    return stamps, truth
