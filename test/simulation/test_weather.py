# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

import numpy as np

from simulation.rendering.camera import View
from simulation.rendering.world import Column
from simulation.town.weather import EVENING, MORNING, Air, Weather

_TOWER = Column(-1.0, -1.0, 1.0, 1.0, 10.0)
#: Sun in the east, 45 degrees high: the tower's shadow lies 1 m to 11 m to the west.
_SUN_EAST = replace(
    MORNING,
    sun=(0.7, 0.7, 0.7),
    ambient=(0.4, 0.4, 0.4),
    sun_azimuth_rad=0.0,
    sun_elevation_rad=np.pi / 4,
    noise=0.0,
)


def _ground(xs: list[float], distance_m: float = 1.0) -> View:
    """Return a view of ground points in a row, all at one depth."""
    points = np.zeros((1, len(xs), 3), np.float32)
    points[0, :, 0] = xs
    normals = np.zeros_like(points)
    normals[..., 2] = 1.0
    return View(
        albedo=np.full(points.shape, 120, np.uint8),
        rays=np.ones_like(points),
        depth_m=np.full(points.shape[:2], distance_m, np.float32),
        points_m=points,
        normals=normals,
        sky=np.zeros(points.shape[:2], np.bool_),
    )


def _brightness(weather: Weather, view: View) -> np.ndarray:
    air = Air(weather, [_TOWER])
    return air.photograph(view, (view.depth_m.shape[1], 1), 0).astype(float).mean(-1)[0]


def test_a_tower_casts_its_shadow_away_from_the_sun() -> None:
    west, far_west, east = _brightness(_SUN_EAST, _ground([-6.0, -14.0, 6.0]))

    assert west < 0.7 * east
    assert abs(far_west - east) < 2


def test_the_shadow_is_as_long_as_the_sun_is_low() -> None:
    low_sun = replace(_SUN_EAST, sun_elevation_rad=float(np.arctan(0.5)))

    at_14_m, at_24_m = _brightness(low_sun, _ground([-14.0, -24.0]))

    assert at_14_m < 0.75 * at_24_m


def test_haze_draws_far_things_to_the_horizon_s_colour() -> None:
    near = _brightness(EVENING, _ground([6.0], 1.0))
    far = _brightness(EVENING, _ground([6.0], 2000.0))

    assert abs(far[0] - np.mean(EVENING.horizon)) < 15
    assert abs(near[0] - far[0]) > 40


def test_the_sky_is_brighter_at_the_horizon_and_has_no_seam() -> None:
    sky = _ground([0.0] * 4)
    rays = np.array([[[-1, 1e-4, 0.3], [-1, -1e-4, 0.3], [1, 0, 0.15], [1, 0, 3.0]]], np.float32)
    view = replace(sky, rays=rays, sky=np.ones((1, 4), np.bool_))
    air = Air(replace(MORNING, noise=0.0, cloud=0.3), [])

    picture = air.photograph(view, (4, 1), 0).astype(float)[0]

    assert np.abs(picture[0] - picture[1]).max() < 8
    assert picture[2].mean() > picture[3].mean()


def test_frames_differ_in_noise_and_repeat_by_number() -> None:
    air = Air(EVENING, [_TOWER])
    view = _ground([float(x) for x in range(3, 43)])
    one, again, other = (air.photograph(view, (40, 1), frame) for frame in (1, 1, 2))

    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)
