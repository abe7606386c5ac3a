# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Where the corridors of a floor run, and the walls that line them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from avpr_ros.arrays import FloatArray
from simulation.town.streets import StreetGrid

WIDTH_M = 2.4
CEILING_M = 2.7
#: From door to door, everywhere.
DOOR_PITCH_M = 3.0
STOREY_M = 3.6

Node = tuple[int, int]


@dataclass(frozen=True, eq=False)
class WallRun:
    """A straight wall between two corners.

    Attributes:
        left_m: (2,) foot of its left end, seen from the corridor.
        right_m: (2,) foot of its right end.
    """

    left_m: FloatArray
    right_m: FloatArray

    @property
    def length_m(self) -> float:
        """Return its length, metres."""
        return float(np.linalg.norm(self.right_m - self.left_m))

    @property
    def along(self) -> FloatArray:
        """Return (2,) the unit vector from left to right."""
        return np.asarray((self.right_m - self.left_m) / self.length_m)

    @property
    def outward(self) -> FloatArray:
        """Return (2,) the unit vector into the corridor."""
        return np.array([self.along[1], -self.along[0]])


@dataclass(frozen=True, eq=False)
class FloorPlan:
    """Corridors along the lines of a grid.

    Attributes:
        grid: its lines; corridors meet where they cross.
        corridors: pairs of crossings next to each other, the western or southern one first.
    """

    grid: StreetGrid
    corridors: tuple[tuple[Node, Node], ...]

    def nodes(self) -> list[Node]:
        """Return the crossings that corridors lead to, in order."""
        return sorted({node for pair in self.corridors for node in pair})

    def heading(self, corridor: tuple[Node, Node]) -> tuple[FloatArray, FloatArray, float]:
        """Return (2,) where a corridor leaves its first crossing, its direction, its length."""
        start, end = (self.grid.crossing(*node) for node in corridor)
        span_m = float(np.linalg.norm(end - start))
        direction = np.asarray((end - start) / span_m)
        return start + WIDTH_M / 2 * direction, direction, span_m - WIDTH_M

    def sides(self, corridor: tuple[Node, Node]) -> tuple[WallRun, WallRun]:
        """Return the walls to the left and right of one who walks from the first crossing."""
        start, direction, length_m = self.heading(corridor)
        left = WIDTH_M / 2 * np.array([-direction[1], direction[0]])
        end = start + length_m * direction
        return WallRun(start + left, end + left), WallRun(end - left, start - left)

    def ends(self) -> Iterator[tuple[Node, WallRun]]:
        """Yield the walls that close a crossing where no corridor leaves it."""
        half = WIDTH_M / 2
        for node in self.nodes():
            for step in ((1, 0), (0, 1), (-1, 0), (0, -1)):
                other = (node[0] + step[0], node[1] + step[1])
                if (node, other) in self.corridors or (other, node) in self.corridors:
                    continue
                ahead = self.grid.crossing(*node) + half * np.array(step)
                right = half * np.array([step[1], -step[0]])
                yield node, WallRun(ahead - right, ahead + right)


def _office_plan() -> FloorPlan:
    """Two long corridors of 18 doors a side, closed to a ring, and a link in the middle."""
    long_m, short_m = (count * DOOR_PITCH_M + WIDTH_M for count in (9, 5))
    grid = StreetGrid(np.array([0.0, long_m, 2 * long_m]), np.array([0.0, short_m]))
    eastward = [((i, j), (i + 1, j)) for j in (0, 1) for i in (0, 1)]
    northward = [((i, 0), (i, 1)) for i in (0, 1, 2)]
    return FloorPlan(grid, (*eastward, *northward))


OFFICE_PLAN = _office_plan()
