# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from avpr_ros.poses import Pose
from simulation.rendering.camera import AXES_FROM_OPTICAL, Camera, View
from simulation.rendering.night import NIGHT, NightAir, dull
from simulation.rendering.world import quad
from simulation.town.materials import Colour
from simulation.town.weather import MORNING, Air

_CAMERA = Camera(64, 48, 32.0)
_EYE_M = np.array([0.0, 0.0, 1.55])
_OFF: Colour = (0.0, 0.0, 0.0)
#: Nothing shines but what a test switches on.
_DARK = replace(
    NIGHT,
    headlight_cd=_OFF,
    lamp_cd=_OFF,
    ambient_lux=_OFF,
    zenith_cd_m2=_OFF,
    horizon_cd_m2=_OFF,
    visibility_m=1e9,
)
_WHITE: Colour = (100.0, 100.0, 100.0)


def wall(distance_m: float, levels: np.ndarray | int = 200, yaw_rad: float = 0.0) -> View:
    """Return a view of a wall across the way; the camera looks along x, turned by a yaw."""
    turn = Rotation.from_euler('z', yaw_rad) * AXES_FROM_OPTICAL
    rays = _CAMERA.rays(1) @ turn.as_matrix().T.astype(np.float32)
    depth = np.full(rays.shape[:2], distance_m, np.float32)
    albedo = np.broadcast_to(np.asarray(levels, np.uint8), rays.shape).copy()
    normals = np.zeros_like(rays)
    normals[:] = -turn.as_matrix()[:, 2]
    points = (_EYE_M + rays * depth[..., None]).astype(np.float32)
    return View(albedo, rays, depth, points, normals, np.zeros(depth.shape, np.bool_))


def light(night, view: View, lamps=()) -> np.ndarray:
    return NightAir(night, lamps).luminance_cd_m2(view).mean(-1)


def test_headlights_light_a_cone_ahead_that_falls_off_with_the_distance() -> None:
    night = replace(_DARK, headlight_cd=_WHITE)
    near, far = light(night, wall(6.0)), light(night, wall(12.0))
    middle = (slice(26, 30), slice(28, 36))

    assert near[middle].mean() > 20 * near[:4, :4].mean()
    assert near[middle].mean() / far[middle].mean() == pytest.approx(4.0, rel=0.2)


def test_headlights_turn_with_the_robot() -> None:
    night = replace(_DARK, headlight_cd=_WHITE)

    ahead, turned = light(night, wall(8.0)), light(night, wall(8.0, yaw_rad=1.2))

    assert np.allclose(ahead, turned, atol=1e-3 * ahead.max())


def test_a_lamp_lights_what_is_below_and_faces_it_and_its_head_shines() -> None:
    night = replace(_DARK, lamp_cd=_WHITE)
    lamp = (9.0, 0.0, 5.0)

    levels = light(night, wall(10.0), [lamp])
    behind = light(night, wall(8.0), [lamp])

    assert levels[30, 32] > 3 * levels[44, 2]
    assert behind.max() < 1e-6
    assert light(night, wall(9.0), [lamp]).max() > 20 * levels.max()


def test_illuminance_below_a_lamp_has_the_right_value() -> None:
    view = wall(10.0, 255)
    view.normals[:] = [0.0, 0.0, 1.0]
    view.albedo[:] = 250
    row, column = 24, 32
    lamp = view.points_m[row, column] + [0.0, 0.0, 4.0]

    found = NightAir(replace(_DARK, lamp_cd=(160.0, 80.0, 40.0)), [tuple(lamp)])

    lux = np.array([160.0, 80.0, 40.0]) / 4.0**2
    expected = (250 / 255) ** 2.2 * lux / np.pi
    assert found.luminance_cd_m2(view)[row, column] == pytest.approx(expected, rel=0.05)


def test_marked_pixels_shine_in_the_dark_and_dull_ones_do_not() -> None:
    levels = np.full((48, 64, 3), 250, np.uint8)
    levels[:, :32] = (255, 200, 150)

    found = light(_DARK, wall(5.0, levels))

    assert found[:, :24].min() > 0.3 * NIGHT.shining_cd_m2
    assert found[:, 56:].max() < 0.05 * NIGHT.shining_cd_m2


def test_no_surface_shines_after_it_is_dulled_and_textures_stay_shared() -> None:
    texture = np.full((2, 2, 3), 255, np.uint8)
    corners = [(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0)]

    one, other = dull([quad(corners, texture), quad(corners, texture)])

    assert one.texture.max() == 250
    assert one.texture is other.texture
    assert texture.max() == 255


def test_edges_lie_at_the_same_pixels_by_day_and_at_night() -> None:
    levels = np.full((48, 64, 3), 60, np.uint8)
    levels[16:32, 20:44] = 220
    view = wall(8.0, levels)
    size = (64, 48)
    day = Air(replace(MORNING, noise=0.0), []).photograph(view, size, 0)
    night = NightAir(NIGHT, [(6.0, 2.0, 5.0)]).photograph(view, size, 0)

    for picture in (day, night):
        grey = picture.astype(float).mean(-1)
        columns, rows = grey[18:30].mean(0), grey[:, 22:42].mean(1)
        assert _largest_steps(columns) == {20, 44}
        assert _largest_steps(rows) == {16, 32}


def _largest_steps(profile: np.ndarray) -> set[int]:
    return {int(at) + 1 for at in np.argsort(-np.abs(np.diff(profile)))[:2]}


def test_a_night_street_is_dark_with_few_bright_pixels() -> None:
    view = wall(15.0, 120)
    view.sky[:20] = True
    day = Air(MORNING, []).photograph(view, (64, 48), 0)
    night = NightAir(NIGHT, [(13.0, 3.0, 5.0)]).photograph(view, (64, 48), 0)

    dark = [float((picture.max(-1) < 45).mean()) for picture in (day, night)]
    assert dark[0] < 0.01
    assert 0.1 < dark[1] < 0.9
    assert night[:16].mean() < 40 < 120 < day[:16].mean()
    assert (night.min(-1) > 250).mean() < 0.05


def test_frames_differ_in_noise_and_repeat_by_number() -> None:
    air = NightAir(NIGHT, [])
    one, again, other = (air.photograph(wall(8.0), (64, 48), frame) for frame in (1, 1, 2))

    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


def test_the_eye_is_found_wherever_the_robot_is() -> None:
    shift = Pose(np.array([100.0, -40.0, 0.0]), Rotation.identity())
    view = wall(8.0)
    moved = replace(view, points_m=(view.points_m + shift.translation_m).astype(np.float32))

    night = replace(_DARK, headlight_cd=_WHITE)
    assert np.allclose(light(night, view), light(night, moved), rtol=1e-2, atol=1e-4)


def test_light_from_every_second_ray_is_nearly_that_of_all() -> None:
    night = replace(_DARK, headlight_cd=_WHITE, lamp_cd=_WHITE)
    air, view = NightAir(night, [(6.0, 2.0, 5.0)]), wall(8.0)

    fine, coarse = air.luminance_cd_m2(view), air.luminance_cd_m2(view, 2)

    assert np.abs(fine - coarse).max() < 0.3 * fine.max()
    assert coarse.mean() == pytest.approx(float(fine.mean()), rel=0.05)
