# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Distinctive objects of the corridors: few, and not everywhere."""

from __future__ import annotations

import cv2
import numpy as np

from avpr_ros.arrays import RgbImage
from simulation.office.plan import WallRun
from simulation.office.walls import block, panel
from simulation.rendering.furniture import flat
from simulation.rendering.world import Surface, blob
from simulation.town import materials
from simulation.town.facades import sign
from simulation.town.openings import any_accent

#: A mark is proud of its wall by this much.
_PROUD_M = 0.015


def extinguisher(wall: WallRun, at_m: float) -> list[Surface]:
    """Hang the red cylinder, and the sign above it, that every floor has at the same place."""
    red = _paint((186, 30, 34))
    label = materials.plain((12, 12), (196, 32, 36))
    label[3:9, 5:7] = 235.0
    return [
        *block(wall, (at_m - 0.08, at_m + 0.08), (0.55, 1.05), 0.16, red),
        _plate(wall, at_m, (1.75, 1.95), 0.2, materials.to_image(label)),
    ]


def door_plate(wall: WallRun, at_m: float, rng: np.random.Generator) -> Surface:
    """Fix a name plate: too small to be read from where it is first seen."""
    plate = materials.plain((14, 18), (232, 232, 228))
    for row in (3, 7, 10):
        plate[row, 2 : int(rng.integers(6, 16))] = 60.0
    return _plate(wall, at_m, (1.5, 1.64), 0.18, materials.to_image(plate))


def personal_mark(wall: WallRun, at_m: float, rng: np.random.Generator) -> list[Surface]:
    """Put up one thing that somebody who works here chose."""
    kinds = (_poster, _notice_board, _plant, _copier, _bench, _cabinet)
    return kinds[int(rng.integers(len(kinds)))](wall, at_m, rng)


def _poster(wall: WallRun, at_m: float, rng: np.random.Generator) -> list[Surface]:
    poster = materials.plain((36, 26), any_accent(rng))
    poster[4:24, 3:23] = any_accent(rng)
    cv2.circle(poster, tuple(rng.integers(6, 20, 2).tolist()), 6, any_accent(rng), -1)
    poster[28:30, 4:20] = 230.0
    return [_plate(wall, at_m, (1.15, 1.95), 0.58, materials.to_image(poster))]


def _notice_board(wall: WallRun, at_m: float, rng: np.random.Generator) -> list[Surface]:
    board = materials.plaster((36, 56), (176, 136, 92), rng)
    cv2.rectangle(board, (0, 0), (55, 35), (120, 122, 124), 2)
    for _ in range(int(rng.integers(3, 9))):
        x, y = (int(value) for value in rng.integers((3, 3), (44, 24)))
        paper = (240.0, 240.0, 235.0) if rng.random() < 0.6 else any_accent(rng)
        board[y : y + 9, x : x + 7] = paper
        board[y + 3, x + 1 : x + 6] = 90.0
    return [_plate(wall, at_m, (1.1, 1.95), 1.3, materials.to_image(board))]


def _plant(wall: WallRun, at_m: float, rng: np.random.Generator) -> list[Surface]:
    x, y = wall.left_m + at_m * wall.along + 0.28 * wall.outward
    pot = block(wall, (at_m - 0.17, at_m + 0.17), (0.0, 0.4), 0.42, flat(any_accent(rng), rng))
    leaves = materials.to_image(materials.leaves((32, 64), (66, 108, 52), rng))
    high_m = float(rng.uniform(0.3, 0.65))
    return [*pot, blob((x, y, 0.4 + high_m), (0.26, 0.26, high_m), leaves, rng, 4)]


def _copier(wall: WallRun, at_m: float, rng: np.random.Generator) -> list[Surface]:
    body = materials.plain((44, 36), (204, 206, 206))
    body[:7] = (64, 68, 74)
    body[20:22, 3:33] = body[30:32, 3:33] = 150.0
    return block(wall, (at_m - 0.35, at_m + 0.35), (0.0, 1.1), 0.55, materials.to_image(body))


def _bench(wall: WallRun, at_m: float, rng: np.random.Generator) -> list[Surface]:
    cloth = flat(any_accent(rng), rng)
    return block(wall, (at_m - 0.6, at_m + 0.6), (0.0, 0.46), 0.42, cloth)


def _cabinet(wall: WallRun, at_m: float, rng: np.random.Generator) -> list[Surface]:
    grey = float(rng.uniform(110, 200))
    doors = materials.plain((48, 40), (grey, grey, grey - 6))
    doors[:, 19:21] = grey * 0.6
    board = materials.to_image(doors)
    high_m = float(rng.uniform(0.9, 1.9))
    surfaces = block(wall, (at_m - 0.45, at_m + 0.45), (0.0, high_m), 0.4, board)
    if rng.random() < 0.3:
        surfaces.append(_plate(wall, at_m, (high_m + 0.15, high_m + 0.5), 0.8, sign(40, 18, rng)))
    return surfaces


def _plate(
    wall: WallRun, at_m: float, rise_m: tuple[float, float], wide_m: float, texture: RgbImage
) -> Surface:
    return panel(wall, (at_m - wide_m / 2, at_m + wide_m / 2), rise_m, texture, -_PROUD_M)


def _paint(colour: materials.Colour) -> RgbImage:
    return materials.to_image(materials.plain((6, 6), colour))
