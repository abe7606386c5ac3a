# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np

from simulation.office.lamps import LATE_EVENING, WORKING_DAY, Lamps, Lighting
from simulation.office.plan import DOOR_PITCH_M, OFFICE_PLAN, WIDTH_M
from simulation.rendering.camera import View


def _floor(xs: list[float], floor_m: float, grey: int = 120, up: float = 1.0) -> View:
    points = np.zeros((1, len(xs), 3), np.float32)
    points[0, :, 0], points[0, :, 2] = xs, floor_m
    normals = np.zeros_like(points)
    normals[..., 2] = up
    return View(
        albedo=np.full(points.shape, grey, np.uint8),
        rays=np.ones_like(points),
        depth_m=np.ones(points.shape[:2], np.float32),
        points_m=points,
        normals=normals,
        sky=np.zeros(points.shape[:2], np.bool_),
    )


def _levels(lighting: Lighting, view: View, floor_m: float = 0.0) -> np.ndarray:
    lamps = Lamps(lighting, OFFICE_PLAN, floor_m)
    return lamps.photograph(view, (view.depth_m.shape[1], 1), 0).astype(float).mean(-1)[0]


def test_the_floor_is_brightest_below_a_lamp_on_every_storey() -> None:
    below = WIDTH_M / 2 + DOOR_PITCH_M / 2
    xs = [below, below + DOOR_PITCH_M / 2]

    for floor_m in (0.0, 7.2):
        lamp, between = _levels(WORKING_DAY, _floor(xs, floor_m), floor_m)
        assert lamp > between + 8


def test_it_is_darker_and_warmer_in_the_evening() -> None:
    view = _floor([10.0] * 40, 0.0)
    day, evening = (
        Lamps(light, OFFICE_PLAN, 0.0).photograph(view, (40, 1), 0).astype(float).mean((0, 1))
        for light in (WORKING_DAY, LATE_EVENING)
    )

    assert evening.mean() < day.mean() - 5
    assert evening[0] / evening[2] > day[0] / day[2] + 0.05


def test_lamps_shine_by_day_and_night_and_windows_by_day_only() -> None:
    lamp, window = (_floor([10.0] * 9, 0.0, 255, up) for up in (-1.0, 0.0))

    assert _levels(WORKING_DAY, window).mean() > 230
    assert _levels(LATE_EVENING, window).mean() < 70
    assert _levels(LATE_EVENING, lamp).mean() > 200
