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
from typing import Protocol

import numpy as np

from avpr_ros.arrays import FloatArray
from avpr_ros.poses import Pose
from simulation.drives.bag_writer import MAP_FRAME, ODOMETRY_FRAME, Shot, write_bag
from simulation.drives.drift import Drift, with_drift
from simulation.drives.drives import Drive
from simulation.rendering.camera import Camera

_ODOMETRY_HZ = 20.0
_ODOMETRY_NOISE_M = 0.01
_ODOMETRY_NOISE_RAD = 0.001


class FramePainter(Protocol):
    """One process's copy of a world, under the light of one drive."""

    def paint(self, frame: int, time_s: float) -> bytes:
        """Return one frame as JPEG."""
        ...


class Recordable(Protocol):
    """A drive before it is driven; rendering processes get a copy of it."""

    @property
    def name(self) -> str:
        """Name of the bag."""
        ...

    @property
    def light(self) -> str:
        """Name of the light it is driven in."""
        ...

    @property
    def seed(self) -> int:
        """Seed of the odometry's noise."""
        ...

    @property
    def start_ns(self) -> int:
        """Stamp of the first picture."""
        ...

    @property
    def drift(self) -> Drift | None:
        """Drift of the odometry; None for poses as good as a surveyor's."""
        ...

    def drive(self) -> Drive:
        """Drive it: at no cost."""
        ...

    def painter(self) -> FramePainter:
        """Build its world and load it into a renderer: seconds."""
        ...

    def in_light(self, light: str) -> Recordable:
        """Return the same drive in another light, of another name."""
        ...


@dataclass(frozen=True, eq=False)
class Recorded:
    """What a recorded drive holds, and how long rendering it took."""

    images: int
    length_m: float
    bytes: int
    seconds: float


def record_drive(
    spec: Recordable,
    path: Path,
    progress: Callable[[int, int], None],
    processes: int | None = None,
) -> Recorded:
    """Render one drive and write it as a bag.

    Args:
        spec: the drive.
        path: the bag's folder, replaced.
        progress: called with images done and images in all.
        processes: that render; default one a core, at most 4.
    """
    began = time.monotonic()
    drive = spec.drive()
    times = drive.image_times_s()
    stamps = drive.stamps_ns(times, spec.start_ns)
    workers = processes or min(4, len(os.sched_getaffinity(0)))

    def shots() -> Iterator[Shot]:
        rendered = _render(spec, times, workers)
        for index, (time_s, stamp, jpeg) in enumerate(zip(times, stamps, rendered, strict=True)):
            yield Shot(int(stamp), drive.pose_at(float(time_s)), jpeg)
            progress(index + 1, len(times))

    frame = MAP_FRAME if spec.drift is None else ODOMETRY_FRAME
    write_bag(path, shots(), odometry_of(drive, spec), Camera(), frame)
    size = sum(file.stat().st_size for file in path.iterdir())
    return Recorded(len(times), drive.length_m, size, time.monotonic() - began)


def odometry_of(drive: Drive, spec: Recordable) -> list[tuple[int, Pose]]:
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


def _render(spec: Recordable, times_s: FloatArray, workers: int) -> Iterator[bytes]:
    """Yield JPEG images in order, rendered by as many processes."""
    frames = list(enumerate(times_s.tolist()))
    context = multiprocessing.get_context('spawn')
    with context.Pool(workers, _start, (spec,)) as pool:
        yield from pool.imap(_paint, frames, chunksize=4)


_PAINT: list[Callable[[int, float], bytes]] = []


def _start(spec: Recordable) -> None:
    """Prepare one rendering process; the banner that PyBullet prints on import goes nowhere."""
    kept = os.dup(2)
    with Path(os.devnull).open('wb') as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        painter = spec.painter()
    finally:
        os.dup2(kept, 2)
        os.close(kept)
    _PAINT.append(painter.paint)


def _paint(frame: tuple[int, float]) -> bytes:
    return _PAINT[-1](*frame)
