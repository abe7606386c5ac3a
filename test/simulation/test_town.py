# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from simulation.town.streets import ROAD_M
from simulation.town.town import Town, TownSpec, build_town


@pytest.fixture(scope='module')
def town() -> Town:
    return build_town(TownSpec(2, 2, 3))


def test_equal_arguments_give_an_equal_town(town: Town) -> None:
    one, same = town, build_town(TownSpec(2, 2, 3))

    assert len(one.world.surfaces) == len(same.world.surfaces)
    for a, b in zip(one.world.surfaces, same.world.surfaces, strict=True):
        assert np.array_equal(a.vertices_m, b.vertices_m)
        assert np.array_equal(a.texture, b.texture)


def test_streets_are_free_of_houses_and_cars_park_at_the_kerb(town: Town) -> None:
    for column in town.world.columns:
        if column.height_m > 2.0 and column.east_m - column.west_m > 4:
            for x in (column.west_m, column.east_m):
                for y in (column.south_m, column.north_m):
                    assert town.grid.off_street_m(x, y) > ROAD_M / 2
    assert town.parking
    for place in town.parking:
        x, y, _ = place.translation_m
        assert 3.0 < town.grid.off_street_m(x, y) < ROAD_M / 2


def test_houses_are_many_and_of_different_heights(town: Town) -> None:
    heights = [c.height_m for c in town.world.columns]

    assert len(heights) > 40
    assert max(heights) - min(heights) > 3
