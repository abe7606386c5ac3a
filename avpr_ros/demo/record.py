# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Renders a drive on all cores and writes its bag."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
import multiprocessing
import os
from pathlib import Path
import time

import numpy as np

from avpr_ros.arrays import FloatArray
from avpr_ros.demo.bag_writer import MAP_FRAME, ODOMETRY_FRAME, Shot, write_bag
from avpr_ros.demo.camera import Camera
from avpr_ros.demo.drift import with_drift
from avpr_ros.demo.drives import Drive
from avpr_ros.demo.scenario import DriveSpec, Scenario
from avpr_ros.demo.town import build_town
from avpr_ros.poses import Pose

_ODOMETRY_HZ = 20.0
_ODOMETRY_NOISE_M = 0.01
_ODOMETRY_NOISE_RAD = 0.001


@dataclass(frozen=True, eq=False)
class Recorded:
    """What a recorded drive holds, and how long rendering it took."""

    images: int
    length_m: float
    bytes: int
    seconds: float


def record_drive(
    scenario: Scenario,
    spec: DriveSpec,
    path: Path,
    progress: Callable[[int, int], None],
    processes: int | None = None,
) -> Recorded:
    """Render one drive and write it as a bag.

    Args:
        scenario: for the town.
        spec: the drive.
        path: the bag's folder, replaced.
        progress: called with images done and images in all.
        processes: that render; default one a core, at most 4.
    """
    began = time.monotonic()
    town = build_town(scenario.columns, scenario.rows, scenario.seed)
    drive = spec.drive(town)
    times = drive.image_times_s()
    stamps = drive.stamps_ns(times, spec.start_ns)
    workers = processes or min(4, len(os.sched_getaffinity(0)))

    def shots() -> Iterator[Shot]:
        rendered = _render(scenario, spec, times, workers)
        for index, (time_s, stamp, jpeg) in enumerate(zip(times, stamps, rendered, strict=True)):
            yield Shot(int(stamp), drive.pose_at(float(time_s)), jpeg)
            progress(index + 1, len(times))

    frame = MAP_FRAME if spec.drift is None else ODOMETRY_FRAME
    write_bag(path, shots(), odometry_of(drive, spec), Camera(), frame)
    size = sum(file.stat().st_size for file in path.iterdir())
    return Recorded(len(times), drive.length_m, size, time.monotonic() - began)


def odometry_of(drive: Drive, spec: DriveSpec) -> list[tuple[int, Pose]]:
    """Return stamps and poses as odometry: a centimetre of noise, and the drive's drift.

    With drift they begin at the origin of the odometry's own frame.
    """
    rng = np.random.default_rng(spec.seed)
    times = np.arange(0.0, drive.times_s[-1] + 1.0 / _ODOMETRY_HZ, 1.0 / _ODOMETRY_HZ)
    poses = [drive.pose_at(float(time_s)) for time_s in times]
    if spec.drift is not None:
        poses = with_drift(poses, spec.drift, rng)
    noisy = []
    for pose in poses:
        dx, dy, dyaw = rng.standard_normal(3)
        error = Pose.from_xy_yaw(
            _ODOMETRY_NOISE_M * dx, _ODOMETRY_NOISE_M * dy, _ODOMETRY_NOISE_RAD * dyaw
        )
        noisy.append(pose @ error)
    return list(zip(drive.stamps_ns(times, spec.start_ns).tolist(), noisy, strict=True))


def _render(
    scenario: Scenario, spec: DriveSpec, times_s: FloatArray, workers: int
) -> Iterator[bytes]:
    """Yield JPEG images in order, rendered by as many processes."""
    frames = list(enumerate(times_s.tolist()))
    context = multiprocessing.get_context('spawn')
    with context.Pool(workers, _start, (scenario, spec)) as pool:
        yield from pool.imap(_paint, frames, chunksize=4)


_PAINT: list[Callable[[int, float], bytes]] = []


def _start(scenario: Scenario, spec: DriveSpec) -> None:
    """Prepare one rendering process; the banner that PyBullet prints on import goes nowhere."""
    kept = os.dup(2)
    with Path(os.devnull).open('wb') as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        from avpr_ros.demo.painter import Painter
    finally:
        os.dup2(kept, 2)
        os.close(kept)
    _PAINT.append(Painter(scenario, spec).paint)


def _paint(frame: tuple[int, float]) -> bytes:
    return _PAINT[-1](*frame)
