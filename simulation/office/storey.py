# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""One storey: the fabric that all share, and the few marks that are its own."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from avpr_ros.arrays import FloatArray
from avpr_ros.poses import Pose
from simulation.office import marks
from simulation.office.fabric import DOOR_LEFT_M, DOOR_M, Fabric, make_fabric
from simulation.office.plan import (
    CEILING_M,
    DOOR_PITCH_M,
    OFFICE_PLAN,
    STOREY_M,
    WIDTH_M,
    FloorPlan,
    Node,
    WallRun,
)
from simulation.office.walls import door_module, panel
from simulation.rendering.world import Surface, World, moved, quad

#: Every third corridor is bare, each storey beginning with another one: storeys 0 and 3 share
#: theirs, and nothing but name plates tells them apart there.
_BARE_EVERY = 3
#: The share of places between two doors, in the other corridors, that have something.
_MARKED = 0.4
#: Every wall to the left has its extinguisher behind this many doors.
_EXTINGUISHER = 3
_LIFT: Node = (1, 1)


def height_m(storey: int) -> float:
    """Return the height of a storey's floor in the map, metres."""
    return storey * STOREY_M


def build_storey(storey: int, open_share: float = 0.0, seed: int = 0) -> World:
    """Build one storey at its height.

    Args:
        storey: from 0; it alone decides the marks.
        open_share: of the doors that stand open.
        seed: of the choice of doors.
    """
    fabric, plan = make_fabric(), OFFICE_PLAN
    surfaces = _floor_and_ceiling(plan, fabric)
    doors = np.random.default_rng(seed)
    for index, corridor in enumerate(plan.corridors):
        for side, wall in enumerate(plan.sides(corridor)):
            rng = np.random.default_rng((storey, index, side))
            surfaces += _doors(wall, fabric, open_share, doors)
            if side == 0:
                surfaces += marks.extinguisher(wall, _EXTINGUISHER * DOOR_PITCH_M)
            share = 0.0 if (index + storey) % _BARE_EVERY == 0 else _MARKED
            surfaces += own_marks(wall, rng, share, taken=_EXTINGUISHER if side == 0 else 0)
    for node, wall in plan.ends():
        surfaces += _end(wall, fabric, lift=node == _LIFT)
    up = Pose(np.array([0.0, 0.0, height_m(storey)]), Rotation.identity())
    return World(moved(surfaces, up))


def own_marks(wall: WallRun, rng: np.random.Generator, share: float, taken: int) -> list[Surface]:
    """Return name plates, and what people put between the doors of a wall.

    Args:
        wall: between two crossings.
        rng: of the storey and the wall.
        share: of the places between two doors that have something.
        taken: the place behind this many doors is taken; 0: none.
    """
    count = round(wall.length_m / DOOR_PITCH_M)
    plate_m = DOOR_LEFT_M + DOOR_M + 0.2
    surfaces = [marks.door_plate(wall, k * DOOR_PITCH_M + plate_m, rng) for k in range(count)]
    for place in range(1, count):
        if rng.random() < share and place != taken:
            surfaces += marks.personal_mark(wall, place * DOOR_PITCH_M, rng)
    return surfaces


def _doors(
    wall: WallRun, fabric: Fabric, open_share: float, rng: np.random.Generator
) -> list[Surface]:
    surfaces: list[Surface] = []
    for index in range(round(wall.length_m / DOOR_PITCH_M)):
        draw, room = rng.random(), int(rng.integers(len(fabric.rooms)))
        leaf = fabric.rooms[room] if draw < open_share else fabric.door
        surfaces += door_module(wall, index * DOOR_PITCH_M, fabric, leaf)
    return surfaces


def _end(wall: WallRun, fabric: Fabric, *, lift: bool) -> list[Surface]:
    """Return the wall at the end of a corridor, with a window or the lift."""
    surfaces = [panel(wall, (0.0, wall.length_m), (0.0, CEILING_M), fabric.plain)]
    middle = wall.length_m / 2
    if lift:
        surfaces.append(panel(wall, (middle - 0.8, middle + 0.8), (0.0, 2.2), fabric.lift, -0.02))
    else:
        surfaces.append(
            panel(wall, (middle - 0.75, middle + 0.75), (0.9, 2.3), fabric.window, -0.02)
        )
    return surfaces


def _floor_and_ceiling(plan: FloorPlan, fabric: Fabric) -> list[Surface]:
    """Lay every corridor module by module, and the crossings."""
    surfaces: list[Surface] = []
    for corridor in plan.corridors:
        start, along, length_m = plan.heading(corridor)
        for index in range(round(length_m / DOOR_PITCH_M)):
            first = start + index * DOOR_PITCH_M * along
            surfaces += _module(first, along, DOOR_PITCH_M, fabric)
    for node in plan.nodes():
        east = np.array([1.0, 0.0])
        first = plan.grid.crossing(*node) - WIDTH_M / 2 * east
        surfaces += _module(first, east, WIDTH_M, fabric)
    return surfaces


def _module(first: FloatArray, along: FloatArray, long_m: float, fabric: Fabric) -> list[Surface]:
    left = WIDTH_M / 2 * np.array([-along[1], along[0]])
    last = first + long_m * along
    right_side, left_side = (first - left, last - left), (first + left, last + left)
    z = CEILING_M
    (a, b), (c, d) = right_side, left_side
    return [
        quad([(*a, 0), (*b, 0), (*d, 0), (*c, 0)], fabric.floor),
        quad([(*c, z), (*d, z), (*b, z), (*a, z)], fabric.ceiling),
    ]
