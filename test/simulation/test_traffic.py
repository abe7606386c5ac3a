# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np

from simulation.drives.drives import Driving, drive_along
from simulation.town.streets import StreetGrid
from simulation.town.town import TownSpec, build_town
from simulation.town.traffic import Mover, movers_of, parked_cars, places_at

_GRID = StreetGrid(np.array([0.0, 80.0, 160.0]), np.array([0.0]))
_DRIVE = drive_along(_GRID, [(0, 0), (1, 0), (2, 0)], Driving(8.0, 4.0, 0.0, 0.0, 0.0, 1))


def test_oncoming_car_is_on_the_left_and_faces_camera() -> None:
    mover = Mover([], 100.0, -5.0, 3.6)

    (early,), (later,) = (places_at(_DRIVE, [mover], t) for t in (3.0, 4.0))

    assert early is not None
    assert later is not None
    assert np.allclose(early.translation_m[0] - later.translation_m[0], 5.0, atol=0.1)
    assert later.translation_m[1] > 1.0
    assert abs(abs(later.yaw_rad()) - np.pi) < 0.05


def test_distant_movers_are_hidden() -> None:
    far, gone = Mover([], 150.0, 0.0, 3.6), Mover([], -5.0, 0.0, 3.6)

    assert places_at(_DRIVE, [far, gone], 0.0) == [None, None]


def test_movers_keep_out_of_the_driven_lane() -> None:
    movers = movers_of(_DRIVE, 60.0, 5)

    assert len(movers) == 2 * round(60.0 * _DRIVE.length_m / 1000)
    assert min(abs(mover.left_m) for mover in movers) > 2.0


def test_other_seeds_park_other_cars() -> None:
    town = build_town(TownSpec(2, 2, 3))
    sizes = {seed: len(parked_cars(town, 0.5, seed)) for seed in (1, 2)}
    all_places = len(parked_cars(town, 1.0, 1))

    assert 0.25 * all_places < sizes[1] < 0.75 * all_places
    one, other = (parked_cars(town, 1.0, seed)[0].texture for seed in (1, 2))
    assert one.shape != other.shape or not np.array_equal(one, other)
