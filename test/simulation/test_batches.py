# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np

from simulation.rendering.batches import join
from simulation.rendering.world import Surface, quad


def _colour_at(surface: Surface, uv: np.ndarray) -> np.ndarray:
    height, width = surface.texture.shape[:2]
    column = min(width - 1, int(uv[0] * width))
    row = min(height - 1, int((1 - uv[1]) * height))
    return surface.texture[row, column]


def _plain(red: int, shape: tuple[int, int]) -> np.ndarray:
    return np.full((*shape, 3), (red, 0, 0), np.uint8)


def test_planes_of_one_direction_become_one_and_keep_their_colours() -> None:
    shapes = [(8, 5), (3, 20), (16, 16)]
    parts = [
        quad([(x, 0, 0), (x + 1, 0, 0), (x + 1, 0, 1), (x, 0, 1)], _plain(50 * x + 20, shape))
        for x, shape in enumerate(shapes)
    ]

    (joined,) = join(parts)

    assert len(joined.vertices_m) == 12
    assert np.allclose(joined.normal, [0, -1, 0])
    for x in range(3):
        corners = np.flatnonzero((joined.vertices_m[:, 0] // 1).astype(int) == x)[:1]
        inside = joined.uvs[4 * x : 4 * x + 4].mean(0)
        assert _colour_at(joined, inside)[0] == 50 * x + 20
        assert corners.size


def test_directions_stay_apart() -> None:
    south = quad([(0, 0, 0), (1, 0, 0), (1, 0, 1), (0, 0, 1)], _plain(1, (4, 4)))
    up = quad([(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0)], _plain(1, (4, 4)))

    assert len(join([south, up])) == 2


def test_repeated_textures_are_laid_out() -> None:
    texture = np.zeros((2, 2, 3), np.uint8)
    texture[:, 1] = 200
    floor = quad([(0, 0, 0), (4, 0, 0), (4, 1, 0), (0, 1, 0)], texture, (4.0, 1.0))

    (joined,) = join([floor])

    (low, high) = joined.uvs[:, 0].min(), joined.uvs[:, 0].max()
    along = [
        int(_colour_at(joined, np.array([low + (high - low) * t, 0.5]))[0])
        for t in (np.arange(8) + 0.5) / 8
    ]
    assert along == [0, 200] * 4
