# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from simulation.rendering.sensor import Sensor

#: Wide enough for a deviation to be known to a few per cent.
SIZE_PX = (120, 80)
PLAIN = Sensor(grey_world=0.0, cast=(1.0, 1.0, 1.0), gamma=1.0, mean_level=0.99, largest_gain=1.0)


def flat(*luminances: float) -> np.ndarray:
    """Return vertical stripes of grey."""
    stripes = np.repeat(np.array(luminances, np.float32), SIZE_PX[0] // len(luminances))
    return np.broadcast_to(stripes[None, :, None], (SIZE_PX[1], SIZE_PX[0], 3)).copy()


def exposed(sensor: Sensor, light: np.ndarray, seed: int = 0) -> np.ndarray:
    return sensor.expose(light, SIZE_PX, np.random.default_rng(seed)).astype(float)


def test_level_is_proportional_to_the_light_until_the_well_is_full() -> None:
    quarter, half, beyond = np.split(exposed(PLAIN, flat(10.0, 20.0, 90.0)), 3, axis=1)

    assert quarter.mean() == pytest.approx(255 / 4, abs=1.0)
    assert half.mean() == pytest.approx(255 / 2, abs=1.0)
    assert beyond.mean() > 252


def test_shot_noise_grows_with_the_root_of_the_light_over_the_read_noise() -> None:
    sensor = replace(PLAIN, full_well_e=400.0, read_noise_e=8.0)
    dark, bright = np.split(exposed(sensor, flat(4.0, 16.0)), 2, axis=1)
    electrons = 400.0 * np.array([0.1, 0.4])

    expected = 255 / 400 * np.sqrt(electrons + 8.0**2)
    assert [dark.std(), bright.std()] == pytest.approx(list(expected), rel=0.05)


def test_gain_brightens_a_dark_scene_up_to_its_limit_and_amplifies_the_noise() -> None:
    limited, reached = (
        exposed(replace(PLAIN, mean_level=0.25, largest_gain=gain), flat(0.4))
        for gain in (8.0, 1000.0)
    )

    assert limited.mean() == pytest.approx(255 * 8 * 0.01, abs=1.0)
    assert reached.mean() == pytest.approx(255 * 0.25, abs=2.0)
    assert reached.std() > 2 * limited.std()


def test_a_bright_scene_is_exposed_less_without_noise_from_gain() -> None:
    levels = exposed(replace(PLAIN, mean_level=0.2), flat(4000.0))

    assert levels.mean() == pytest.approx(255 * 0.2, abs=1.0)


def test_white_balance_leaves_its_share_of_the_colour_and_its_cast() -> None:
    light = flat(10.0) * np.array([2.0, 1.0, 0.5], np.float32)
    none, whole, cast = (
        exposed(replace(PLAIN, **changes), light).mean((0, 1))
        for changes in ({}, {'grey_world': 1.0}, {'grey_world': 1.0, 'cast': (1.2, 1.0, 0.8)})
    )

    assert none[0] / none[2] == pytest.approx(4.0, rel=0.05)
    assert whole[0] / whole[2] == pytest.approx(1.0, rel=0.05)
    assert cast[0] / cast[2] == pytest.approx(1.5, rel=0.05)


def test_noise_repeats_with_the_seed_alone() -> None:
    one, again, other = (exposed(PLAIN, flat(5.0), seed) for seed in (1, 1, 2))

    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)
