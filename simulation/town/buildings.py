# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Houses: a lot becomes a body with a painted front, a roof and what sticks out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from avpr_ros.arrays import RgbImage
from simulation.rendering.furniture import flat
from simulation.rendering.world import Column, Surface, World, box, quad
from simulation.town import materials
from simulation.town.facades import blank_wall, facade, sign
from simulation.town.murals import billboard, mural
from simulation.town.openings import any_accent, any_wall_colour

#: Rise over run of the roofs; few, so that slopes of one direction are drawn together.
_PITCHES = (0.35, 0.5, 0.65)
_SIDES = ('south', 'east', 'north', 'west')


@dataclass(frozen=True)
class Lot:
    """A rectangle of ground whose front looks at a street, and at a corner a second side."""

    west_m: float
    south_m: float
    east_m: float
    north_m: float
    facing: str
    corner: str | None = None

    def wall(self, side: str) -> tuple[tuple[float, float], tuple[float, float]]:
        """Return the foot of one wall, left to right seen from outside."""
        corners = [
            (self.west_m, self.south_m), (self.east_m, self.south_m),
            (self.east_m, self.north_m), (self.west_m, self.north_m),
        ]  # fmt: skip
        index = _SIDES.index(side)
        return corners[index], corners[(index + 1) % 4]

    def outward(self, side: str) -> tuple[float, float]:
        """Return the unit vector out of one wall."""
        return ((0.0, -1.0), (1.0, 0.0), (0.0, 1.0), (-1.0, 0.0))[_SIDES.index(side)]

    def front_strip(self, depth_m: float) -> tuple[tuple[float, float], tuple[float, float]]:
        """Return south-west and north-east of a strip along the inside of the front."""
        (ax, ay), (bx, by) = self.wall(self.facing)
        ox, oy = self.outward(self.facing)
        xs, ys = (ax, bx, ax - depth_m * ox), (ay, by, ay - depth_m * oy)
        return (min(xs), min(ys)), (max(xs), max(ys))


def building(world: World, lot: Lot, rng: np.random.Generator) -> None:
    """Put a house on a lot; walls towards streets get fronts, the others are plain."""
    tower = rng.random() < 0.12
    height_m = float(rng.uniform(15.0, 24.0) if tower else rng.uniform(4.5, 13.0))
    (ax, ay), (bx, by) = lot.wall(lot.facing)
    width_m = float(np.hypot(bx - ax, by - ay))
    front, colour = facade(width_m, height_m, rng, shop=bool(rng.random() < 0.45))
    surfaces = [_wall(lot, lot.facing, front, height_m)]
    for side in _SIDES:
        if side != lot.facing:
            (cx, cy), (dx, dy) = lot.wall(side)
            length_m = float(np.hypot(dx - cx, dy - cy))
            if side == lot.corner:
                texture = facade(length_m, height_m, rng)[0]
            elif rng.random() < 0.5:
                texture = mural(length_m, height_m, colour, rng)
            else:
                texture = blank_wall(length_m, height_m, colour, rng)
            surfaces.append(_wall(lot, side, texture, height_m))
    surfaces += _roof(lot, height_m, rng)
    surfaces += _projections(lot, height_m, rng)
    column = Column(lot.west_m, lot.south_m, lot.east_m, lot.north_m, height_m)
    world.add(surfaces, column)


def _wall(lot: Lot, side: str, texture: RgbImage, height_m: float) -> Surface:
    (ax, ay), (bx, by) = lot.wall(side)
    return quad([(ax, ay, 0), (bx, by, 0), (bx, by, height_m), (ax, ay, height_m)], texture)


def _roof(lot: Lot, height_m: float, rng: np.random.Generator) -> list[Surface]:
    """Return a flat roof, or two slopes whose ridge runs along the street."""
    tiles = materials.to_image(
        materials.roof_tiles((48, 96), (float(rng.uniform(90, 160)), 78.0, 70.0), rng)
    )
    w, s, e, n, z = lot.west_m, lot.south_m, lot.east_m, lot.north_m, height_m
    if rng.random() < 0.45:
        flat_roof = quad([(w, s, z), (e, s, z), (e, n, z), (w, n, z)], tiles, (2, 2))
        return [flat_roof, *_billboards(lot, height_m, rng)]
    half_m = (n - s if lot.facing in ('south', 'north') else e - w) / 2
    top = z + half_m * float(rng.choice(_PITCHES))
    if lot.facing in ('south', 'north'):
        y = (s + n) / 2
        slopes = [
            quad([(w, s, z), (e, s, z), (e, y, top), (w, y, top)], tiles, (3, 2)),
            quad([(e, n, z), (w, n, z), (w, y, top), (e, y, top)], tiles, (3, 2)),
        ]
        gables = [((w, n), (w, s), (w, y)), ((e, s), (e, n), (e, y))]
    else:
        x = (w + e) / 2
        slopes = [
            quad([(e, s, z), (e, n, z), (x, n, top), (x, s, top)], tiles, (3, 2)),
            quad([(w, n, z), (w, s, z), (x, s, top), (x, n, top)], tiles, (3, 2)),
        ]
        gables = [((w, s), (e, s), (x, s)), ((e, n), (w, n), (x, n))]
    paint = flat(any_wall_colour(rng), rng)
    for (ax, ay), (bx, by), (cx, cy) in gables:
        slopes.append(quad([(ax, ay, z), (bx, by, z), (cx, cy, top), (cx, cy, top)], paint))
    if rng.random() < 0.6:
        x, y = float(rng.uniform(w + 1, e - 1)), float(rng.uniform(s + 1, n - 1))
        slopes += box((x - 0.4, y - 0.4, z), (x + 0.4, y + 0.4, top + 0.8), paint)
    return slopes


def _billboards(lot: Lot, height_m: float, rng: np.random.Generator) -> list[Surface]:
    """Return boards on a flat roof, towards the streets the lot looks at."""
    surfaces: list[Surface] = []
    for side in (lot.facing, lot.corner):
        if side is not None and rng.random() < 0.6:
            (ax, ay), (bx, by) = lot.wall(side)
            width_m = float(np.hypot(bx - ax, by - ay))
            along = ((bx - ax) / width_m, (by - ay) / width_m)
            surfaces += billboard((ax, ay), along, width_m, height_m, rng)
    return surfaces


def _projections(lot: Lot, height_m: float, rng: np.random.Generator) -> list[Surface]:
    """Return awnings, balconies and hanging signs: depth that a flat front lacks."""
    (ax, ay), (bx, by) = lot.wall(lot.facing)
    ox, oy = lot.outward(lot.facing)
    width_m = float(np.hypot(bx - ax, by - ay))
    ux, uy = (bx - ax) / width_m, (by - ay) / width_m
    surfaces: list[Surface] = []

    def put(from_m: float, to_m: float, low_m: float, high_m: float, out_m: float,
            texture: RgbImage) -> None:  # fmt: skip
        xs = (ax + ux * from_m, ax + ux * to_m + ox * out_m)
        ys = (ay + uy * from_m, ay + uy * to_m + oy * out_m)
        low = (min(xs), min(ys), low_m)
        surfaces.extend(box(low, (max(xs), max(ys), high_m), texture))

    draw = rng.random()
    if draw < 0.25:
        stripes = np.zeros((16, 96, 3), np.uint8)
        stripes[:] = any_accent(rng)
        stripes[:, (np.arange(96) // 8) % 2 == 0] = (232, 228, 216)
        put(0.6, width_m - 0.6, 2.75, 3.05, 1.1, stripes)
    elif draw < 0.5:
        rail = flat(any_accent(rng), rng)
        for low_m in np.arange(3.6, height_m - 2.2, 3.0):
            start = float(rng.uniform(0.5, width_m / 2))
            put(start, start + 2.2, float(low_m), float(low_m) + 0.95, 0.9, rail)
    elif draw < 0.7:
        at = float(rng.uniform(1, width_m - 1))
        put(at, at + 0.12, 3.0, 4.1, 1.0, sign(36, 36, rng))
    return surfaces
