# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from simulation.rendering.camera import View
from simulation.town.snow import Snow


def _view(up: float, shift_m: float = 0.0) -> View:
    """Return a view of a level square of 40 m whose normals have a height."""
    x, y = np.meshgrid(np.linspace(0, 40, 160), np.linspace(0, 40, 160))
    points = np.stack([x + shift_m, y, np.zeros_like(x)], -1).astype(np.float32)
    normals = np.zeros_like(points)
    normals[..., 0], normals[..., 2] = np.sqrt(1 - up**2), up
    return View(
        albedo=np.full(points.shape, 60, np.uint8),
        rays=np.ones_like(points),
        depth_m=np.ones(points.shape[:2], np.float32),
        points_m=points,
        normals=normals,
        sky=np.zeros(points.shape[:2], np.bool_),
    )


@pytest.mark.parametrize('cover', [0.3, 0.85])
def test_the_share_of_the_ground_is_white(cover: float) -> None:
    white = Snow(cover, 1).on(_view(1.0)).mean(-1) > 150

    assert white.mean() == pytest.approx(cover, abs=0.12)


def test_walls_stay_bare() -> None:
    assert np.allclose(Snow(0.9, 1).on(_view(0.0)), 60)


def test_snow_lies_in_the_world_not_in_the_picture() -> None:
    snow = Snow(0.5, 1)
    here, beside = snow.on(_view(1.0)), snow.on(_view(1.0, 40 / 159 * 8))

    assert np.allclose(here[:, 8:], beside[:, :-8], atol=1.0)
    assert not np.allclose(here, Snow(0.5, 2).on(_view(1.0)))
