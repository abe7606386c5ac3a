# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from simulation.rendering.furniture import car
from simulation.rendering.night import DULL, SHINES
from simulation.rendering.world import quad
from simulation.town import materials
from simulation.town.facades import blank_wall, facade
from simulation.town.lit_windows import windows_of, with_car_lights, with_lit_windows
from simulation.town.openings import WindowStyle, paint_window

_CORNERS = [(0, 0, 0), (9, 0, 0), (9, 0, 8), (0, 0, 8)]


def front(windows: int) -> np.ndarray:
    """Return a front with so many windows of four panes each."""
    rng = np.random.default_rng(3)
    wall = materials.plain((208, 26 * 3 * windows + 1), (176.0, 88.0, 66.0))
    style = WindowStyle(1.4, 1.6, 0.8, (232, 230, 222), (232, 230, 222), (2, 2), None, False)
    for number in range(windows):
        paint_window(wall, 1.5 + 3 * number, 3.0, style, rng)
    return materials.to_image(wall)


@pytest.mark.parametrize('count', [1, 4])
def test_panes_of_one_window_are_one_and_windows_are_counted(count: int) -> None:
    numbers, found = windows_of(front(count))

    assert found == count
    assert set(np.unique(numbers)) == set(range(count + 1))


def test_a_wall_without_windows_has_none() -> None:
    for seed in range(20):
        rng = np.random.default_rng(seed)
        assert windows_of(blank_wall(9.0, 8.0, (150.0, 72.0, 58.0), rng))[1] == 0


def test_the_share_of_windows_is_lit_and_the_rest_of_the_front_stays() -> None:
    fronts = [facade(9.0, 11.0, np.random.default_rng(seed))[0] for seed in range(25)]
    surfaces = [quad(_CORNERS, texture) for texture in fronts]
    windows = sum(windows_of(texture)[1] for texture in fronts)

    night, lit = with_lit_windows(surfaces, 0.3, 1)

    assert windows > 100
    assert lit / windows == pytest.approx(0.3, abs=0.08)
    for surface, texture in zip(night, fronts, strict=True):
        outside = windows_of(texture)[0] == 0
        assert np.array_equal(surface.texture[outside], np.minimum(texture, DULL)[outside])


def test_equal_seeds_light_equal_windows() -> None:
    surfaces = [quad(_CORNERS, front(4)) for _ in range(6)]
    one, again, other = (with_lit_windows(surfaces, 0.5, seed)[0] for seed in (1, 1, 2))

    assert all(np.array_equal(a.texture, b.texture) for a, b in zip(one, again, strict=True))
    assert any(not np.array_equal(a.texture, b.texture) for a, b in zip(one, other, strict=True))


def test_a_moving_car_shines_ahead_and_behind_only() -> None:
    surfaces = with_car_lights(car(np.random.default_rng(1)))

    shining = [(s.texture.max(-1) == SHINES).sum() for s in surfaces]
    assert sum(count > 0 for count in shining) == 2
    assert max(shining) < 150
