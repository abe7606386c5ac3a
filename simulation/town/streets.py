# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The street grid and its ground: asphalt, markings, crossings, pavements."""

from __future__ import annotations

from dataclasses import dataclass, replace
import itertools

import cv2
import numpy as np

from avpr_ros.arrays import FloatArray, RgbImage
from simulation.rendering.world import Surface, box, quad
from simulation.town import materials
from simulation.town.openings import any_accent

#: Kerb to kerb, and kerb to wall.
ROAD_M = 9.0
PAVEMENT_M = 2.5
KERB_M = 0.12
#: The streets go on this far beyond the outermost crossings.
_MARGIN_M = 42.0
_PX_PER_M = 12
_ROAD_Z_M = 0.0
_WHITE = (214.0, 214.0, 208.0)


@dataclass(frozen=True)
class StreetGrid:
    """Streets that run east and north; crossing (i, j) lies at (east_m[i], north_m[j])."""

    east_m: FloatArray
    north_m: FloatArray

    @classmethod
    def draw(cls, columns: int, rows: int, rng: np.random.Generator) -> StreetGrid:
        """Draw a grid of ``columns`` x ``rows`` crossings with blocks of different sizes."""
        east = np.concatenate([[0.0], np.cumsum(rng.uniform(44, 62, columns - 1))])
        north = np.concatenate([[0.0], np.cumsum(rng.uniform(44, 62, rows - 1))])
        return cls(east, north)

    def crossing(self, i: int, j: int) -> FloatArray:
        """Return (2,) the centre of a crossing, metres."""
        return np.array([self.east_m[i], self.north_m[j]])

    def off_street_m(self, x_m: float, y_m: float) -> float:
        """Return the distance from the middle of the nearest street, metres."""
        return float(min(np.abs(self.east_m - x_m).min(), np.abs(self.north_m - y_m).min()))

    def blocks(self) -> list[tuple[float, float, float, float]]:
        """Return west, south, east, north of every block at the kerb, margins included."""
        half = ROAD_M / 2
        easts = np.concatenate(
            [[self.east_m[0] - _MARGIN_M], self.east_m, [self.east_m[-1] + _MARGIN_M]]
        )
        norths = np.concatenate(
            [[self.north_m[0] - _MARGIN_M], self.north_m, [self.north_m[-1] + _MARGIN_M]]
        )
        return [
            (float(w) + half, float(s) + half, float(e) - half, float(n) - half)
            for w, e in itertools.pairwise(easts)
            for s, n in itertools.pairwise(norths)
        ]


def ground(grid: StreetGrid, rng: np.random.Generator) -> list[Surface]:
    """Lay the streets, the crossings and the raised blocks between them."""
    half = ROAD_M / 2
    surfaces = _meadow(grid, rng)
    easts = [grid.east_m[0] - _MARGIN_M, *grid.east_m, grid.east_m[-1] + _MARGIN_M]
    norths = [grid.north_m[0] - _MARGIN_M, *grid.north_m, grid.north_m[-1] + _MARGIN_M]
    for j, north in enumerate(grid.north_m):
        for west, east in itertools.pairwise(easts):
            texture = _road(east - west - ROAD_M, rng)
            low, high = (west + half, north - half), (east - half, north + half)
            surfaces.append(_flat_quad(low, high, texture))
        for i in range(len(grid.east_m)):
            centre = grid.crossing(i, j)
            surfaces.append(_flat_quad(centre - half, centre + half, _crossing(rng)))
    for east in grid.east_m:
        for south, north in itertools.pairwise(norths):
            texture = np.ascontiguousarray(np.rot90(_road(north - south - ROAD_M, rng)))
            low, high = (east - half, south + half), (east + half, north - half)
            surfaces.append(_flat_quad(low, high, texture))
    for west, south, east, north in grid.blocks():
        paving = materials.paving((72, 72), _paving_colour(rng), rng)
        repeat = ((east - west) / 8, (north - south) / 8)
        texture = materials.to_image(paving)
        z = KERB_M
        top = [(west, south, z), (east, south, z), (east, north, z), (west, north, z)]
        kerb = materials.to_image(materials.plain((4, 4), (150, 148, 144)))
        surfaces += [
            *box((west, south, 0), (east, north, z), kerb)[:4],
            quad(top, texture, repeat),
        ]
    return surfaces


def _meadow(grid: StreetGrid, rng: np.random.Generator) -> list[Surface]:
    """Lay green land around the town; below it nobody would see it, and it would cost time."""
    around_m, z = 250.0, -0.06
    texture = materials.to_image(materials.grass((256, 256), rng))
    ends = np.array([[line[0], line[-1]] for line in (grid.east_m, grid.north_m)])
    (w0, e0), (s0, n0) = outer = ends + np.array([-around_m, around_m])
    (w1, e1), (s1, n1) = ends + np.array([-_MARGIN_M, _MARGIN_M])
    surfaces = []
    for west, south, east, north in (
        (w0, s0, e0, s1), (w0, n1, e0, n0), (w0, s1, w1, n1), (e1, s1, e0, n1),
    ):  # fmt: skip
        corners = np.array([(west, south), (east, south), (east, north), (west, north)])
        land = quad([(*corner, z) for corner in corners], texture)
        surfaces.append(replace(land, uvs=(corners - outer[:, 0]) / np.diff(outer)[:, 0]))
    return surfaces


def _paving_colour(rng: np.random.Generator) -> tuple[float, float, float]:
    grey = float(rng.uniform(128, 172))
    return (grey + float(rng.uniform(0, 16)), grey, grey - float(rng.uniform(0, 14)))


def _flat_quad(low: FloatArray | tuple[float, float], high: FloatArray | tuple[float, float],
               texture: RgbImage) -> Surface:  # fmt: skip
    (x0, y0), (x1, y1) = low, high
    corners = [(x, y, _ROAD_Z_M) for x, y in ((x0, y0), (x1, y0), (x1, y1), (x0, y1))]
    return quad(corners, texture)


def _road(length_m: float, rng: np.random.Generator) -> RgbImage:
    """Paint a street that runs along the image's rows: dashes, edge lines, zebras, manholes."""
    shape = (round(ROAD_M * _PX_PER_M), round(length_m * _PX_PER_M))
    road = _surface(shape, rng)
    middle = shape[0] // 2
    dash, gap = int(rng.integers(20, 40)), int(rng.integers(20, 60))
    for left in range(50, shape[1] - 50, dash + gap):
        road[middle - 1 : middle + 1, left : left + dash] = _WHITE
    if rng.random() < 0.5:
        road[26, 50:-50] = _WHITE
        road[-27, 50:-50] = _WHITE
    for left in (8, shape[1] - 40):
        if rng.random() < 0.6:
            bar = int(rng.integers(4, 10))
            colour = _WHITE if rng.random() < 0.7 else (206.0, 170.0, 60.0)
            for top in range(6, shape[0] - 6, 2 * bar):
                road[top : top + bar, left : left + 32] = colour
    for _ in range(int(rng.integers(1, 4))):
        centre = (int(rng.integers(60, shape[1] - 60)), int(rng.integers(20, shape[0] - 20)))
        cv2.circle(road, centre, 4, (60, 58, 56), -1)
    return materials.to_image(road)


def _crossing(rng: np.random.Generator) -> RgbImage:
    side = round(ROAD_M * _PX_PER_M)
    crossing = _surface((side, side), rng)
    if rng.random() < 0.4:
        radius = int(rng.uniform(0.2, 0.45) * side)
        cv2.circle(crossing, (side // 2, side // 2), radius, any_accent(rng), 4)
    return materials.to_image(crossing)


def _surface(shape: tuple[int, int], rng: np.random.Generator) -> materials.Field:
    """Return asphalt, setts or brick."""
    kind = rng.random()
    if kind < 0.6:
        return materials.asphalt(shape, rng)
    if kind < 0.8:
        grey = float(rng.uniform(96, 132))
        return materials.courses(shape, (grey, grey, grey - 6), (5, 5), rng, joint=0.75)
    return materials.courses(shape, (142.0, 100.0, 84.0), (4, 9), rng, joint=0.8)
