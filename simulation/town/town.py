# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The town: blocks of houses around courtyards, parks, trees, lamps, places to park."""

from __future__ import annotations

from dataclasses import dataclass
import itertools

import numpy as np

from avpr_ros.poses import Pose
from simulation.rendering import furniture
from simulation.rendering.world import World, box, quad
from simulation.town import materials
from simulation.town.buildings import Lot, building
from simulation.town.streets import KERB_M, PAVEMENT_M, ROAD_M, StreetGrid, ground

_DEPTH_M = 9.0


@dataclass(frozen=True)
class TownSpec:
    """A town before it is built: its crossings from west to east and south to north, its seed."""

    columns: int
    rows: int
    seed: int

    def grid(self) -> StreetGrid:
        """Return its streets alone, at no cost: what ``build_town`` draws first."""
        return StreetGrid.draw(self.columns, self.rows, np.random.default_rng(self.seed))


@dataclass(frozen=True)
class Town:
    """A world with its street grid and the places where cars may park."""

    grid: StreetGrid
    world: World
    parking: tuple[Pose, ...]


def build_town(spec: TownSpec) -> Town:
    """Build a town with its houses; equal specifications give equal towns."""
    rng = np.random.default_rng(spec.seed)
    grid = StreetGrid.draw(spec.columns, spec.rows, rng)
    world = World()
    world.add(ground(grid, rng))
    parking: list[Pose] = []
    for west, south, east, north in grid.blocks():
        inner = (west + PAVEMENT_M, south + PAVEMENT_M, east - PAVEMENT_M, north - PAVEMENT_M)
        if rng.random() < 0.08:
            _park(world, inner, rng)
        else:
            _houses(world, inner, rng)
        _kerbside(world, grid, parking, (west, south, east, north), rng)
    return Town(grid, world, tuple(parking))


def _split(length_m: float, rng: np.random.Generator) -> list[tuple[float, float]]:
    """Cut a length into lots of 7 to 14 m; return where each starts and ends."""
    count = max(1, round(length_m / float(rng.uniform(8.5, 12))))
    widths = rng.uniform(0.7, 1.3, count)
    edges = np.concatenate([[0.0], np.cumsum(widths / widths.sum() * length_m)])
    return [(float(a), float(b)) for a, b in itertools.pairwise(edges)]


def _houses(
    world: World, inner: tuple[float, float, float, float], rng: np.random.Generator
) -> None:
    """Line the four sides of a block with houses; the corner lots belong to south and north."""
    west, south, east, north = inner
    if min(east - west, north - south) < 2 * _DEPTH_M + 4:
        return
    lots = []
    for facing, low, high in (
        ('south', south, south + _DEPTH_M),
        ('north', north - _DEPTH_M, north),
    ):
        cuts = _split(east - west, rng)
        for index, (start, end) in enumerate(cuts):
            corner = 'west' if index == 0 else 'east' if index == len(cuts) - 1 else None
            lots.append(Lot(west + start, low, west + end, high, facing, corner))
    for facing, low, high in (('west', west, west + _DEPTH_M), ('east', east - _DEPTH_M, east)):
        for start, end in _split(north - south - 2 * _DEPTH_M, rng):
            base = south + _DEPTH_M
            lots.append(Lot(low, base + start, high, base + end, facing))
    for lot in lots:
        if rng.random() < 0.1:
            _garden(world, lot, rng)
        else:
            building(world, lot, rng)


def _garden(world: World, lot: Lot, rng: np.random.Generator) -> None:
    """Leave a lot green, behind a low wall."""
    lawn = materials.to_image(materials.grass((64, 64), rng))
    z = KERB_M + 0.02
    corners = [
        (lot.west_m, lot.south_m, z), (lot.east_m, lot.south_m, z),
        (lot.east_m, lot.north_m, z), (lot.west_m, lot.north_m, z),
    ]  # fmt: skip
    world.add([quad(corners, lawn, (2, 2))])
    wall = materials.to_image(materials.courses((24, 120), (150, 128, 112), (4, 10), rng))
    low, high = lot.front_strip(0.3)
    world.add(box((*low, 0), (*high, float(rng.uniform(0.6, 1.3))), wall))
    for _ in range(int(rng.integers(1, 4))):
        x = float(rng.uniform(lot.west_m + 2, lot.east_m - 2))
        y = float(rng.uniform(lot.south_m + 2, lot.north_m - 2))
        world.add(*furniture.tree(x, y, rng))


def _park(
    world: World, inner: tuple[float, float, float, float], rng: np.random.Generator
) -> None:
    """Make a block a park: lawn, scattered trees and a stone in the middle."""
    west, south, east, north = inner
    lawn = materials.to_image(materials.grass((128, 128), rng))
    z = KERB_M + 0.02
    corners = [(west, south, z), (east, south, z), (east, north, z), (west, north, z)]
    world.add([quad(corners, lawn, (4, 4))])
    stone = materials.to_image(materials.courses((64, 64), (170, 164, 150), (12, 16), rng))
    x, y = (west + east) / 2, (south + north) / 2
    world.add(box((x - 1.5, y - 1.5, 0), (x + 1.5, y + 1.5, 1.2), stone))
    world.add(box((x - 0.6, y - 0.6, 1.2), (x + 0.6, y + 0.6, float(rng.uniform(4, 8))), stone))
    for _ in range(int((east - west) * (north - south) / 70)):
        tree_x, tree_y = rng.uniform((west + 2, south + 2), (east - 2, north - 2))
        world.add(*furniture.tree(float(tree_x), float(tree_y), rng))


def _kerbside(
    world: World,
    grid: StreetGrid,
    parking: list[Pose],
    block: tuple[float, float, float, float],
    rng: np.random.Generator,
) -> None:
    """Put trees, lamps and boards along the kerbs, and places to park before them."""
    west, south, east, north = block
    sides = (
        ((west, south), (1, 0), east - west),
        ((east, south), (0, 1), north - south),
        ((east, north), (-1, 0), east - west),
        ((west, north), (0, -1), north - south),
    )
    for (x0, y0), (ux, uy), length_m in sides:
        if grid.off_street_m(x0 + ux * length_m / 2, y0 + uy * length_m / 2) > ROAD_M / 2 + 0.1:
            continue
        trees = rng.random() < 0.4
        species = int(rng.integers(furniture.SPECIES))
        along_m = 6.0
        while along_m < length_m - 5:
            x, y = x0 + ux * along_m - uy * 0.6, y0 + uy * along_m + ux * 0.6
            draw = rng.random()
            if draw < (0.55 if trees else 0.06):
                world.add(*furniture.tree(x, y, rng, species))
            elif draw < 0.72:
                post, lamp_m = furniture.lamp_post(x, y, rng)
                world.add(post)
                world.lamps_m.append(lamp_m)
            elif draw < 0.8:
                world.add(furniture.notice(x, y, rng))
            kerb_m = 1.0
            parked = (x0 + ux * (along_m + 3) + uy * kerb_m, y0 + uy * (along_m + 3) - ux * kerb_m)
            if along_m < length_m - 9:
                parking.append(Pose.from_xy_yaw(*parked, float(np.arctan2(uy, ux))))
            along_m += float(rng.uniform(6.0, 9.5))
