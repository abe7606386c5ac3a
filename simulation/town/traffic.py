# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What changes between two drives: parked cars, oncoming cars, people on the pavements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from avpr_ros.poses import Pose
from simulation.drives.drives import Drive
from simulation.rendering.furniture import car, person
from simulation.rendering.world import Surface, moved
from simulation.town.town import Town

_VISIBLE_M = 90.0
#: Metres to the left of the driven path.
_ONCOMING_M = 2.4
_PAVEMENTS_M = (-4.1, 7.3)


@dataclass(frozen=True, eq=False)
class Mover:
    """Something that follows a drive's path at its own speed.

    Attributes:
        surfaces: in its own frame.
        start_m: where on the path it is at time 0.
        speed_m_s: along the path, negative against it.
        left_m: of the path.
    """

    surfaces: Sequence[Surface]
    start_m: float
    speed_m_s: float
    left_m: float


def parked_cars(town: Town, share: float, seed: int) -> list[Surface]:
    """Fill a share of the town's parking places; the seed says which and with what."""
    rng = np.random.default_rng(seed)
    surfaces: list[Surface] = []
    models = [car(rng) for _ in range(24)]
    for place in town.parking:
        model = models[rng.integers(len(models))]
        if rng.random() < share:
            surfaces += moved(model, place)
    return surfaces


def movers_of(drive: Drive, per_km: float, seed: int) -> list[Mover]:
    """Send oncoming cars and people along a drive's path, ``per_km`` of each met per km."""
    rng = np.random.default_rng(seed)
    length_m, duration_s = drive.length_m, float(drive.times_s[-1])
    movers = []
    for _ in range(round(per_km * length_m / 1000)):
        speed = -float(rng.uniform(5, 9))
        start = float(rng.uniform(0.05, 1.0)) * (length_m - speed * duration_s)
        movers.append(Mover(car(rng), start, speed, _ONCOMING_M))
        walk = float(rng.uniform(0.8, 1.6)) * float(rng.choice([-1.0, 1.0]))
        side = float(rng.choice(_PAVEMENTS_M)) + float(rng.uniform(-0.6, 0.6))
        movers.append(Mover(person(rng), float(rng.uniform(0, length_m)), walk, side))
    return movers


def places_at(drive: Drive, movers: Sequence[Mover], time_s: float) -> list[Pose | None]:
    """Return where each mover is at a time; none where it is out of sight."""
    steps = np.hypot(*np.diff(drive.xy_m, axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(steps)])
    eye = drive.pose_at(time_s)
    places: list[Pose | None] = []
    for mover in movers:
        at_m = mover.start_m + mover.speed_m_s * time_s
        if not 0.0 <= at_m <= along[-1]:
            places.append(None)
            continue
        x, y = (np.interp(at_m, along, drive.xy_m[:, k]) for k in (0, 1))
        yaw = float(np.interp(at_m, along, drive.yaw_rad))
        backwards = np.pi if mover.speed_m_s < 0 else 0.0
        place = Pose.from_xy_yaw(
            float(x - mover.left_m * np.sin(yaw)), float(y + mover.left_m * np.cos(yaw)),
            yaw + backwards,
        )  # fmt: skip
        places.append(place if place.distance_m(eye) < _VISIBLE_M else None)
    return places
