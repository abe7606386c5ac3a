# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Builds walls and what hangs on them, in the wall's own coordinates."""

from __future__ import annotations

import numpy as np

from avpr_ros.arrays import RgbImage
from simulation.office.fabric import DOOR_HIGH_M, DOOR_LEFT_M, DOOR_M, Fabric
from simulation.office.plan import CEILING_M, DOOR_PITCH_M, WallRun
from simulation.rendering.world import Surface, box, quad

_RECESS_M = 0.12


def panel(
    wall: WallRun,
    span_m: tuple[float, float],
    rise_m: tuple[float, float],
    texture: RgbImage,
    depth_m: float = 0.0,
) -> Surface:
    """Return a plane parallel to a wall.

    Args:
        wall: the wall.
        span_m: left and right end, from the wall's left end.
        rise_m: lower and upper edge, above the floor.
        texture: of the whole plane.
        depth_m: behind the wall's face.
    """
    (a, b), (low, high) = span_m, rise_m
    left = wall.left_m + a * wall.along - depth_m * wall.outward
    right = wall.left_m + b * wall.along - depth_m * wall.outward
    return quad([(*left, low), (*right, low), (*right, high), (*left, high)], texture)


def block(
    wall: WallRun,
    span_m: tuple[float, float],
    rise_m: tuple[float, float],
    thick_m: float,
    texture: RgbImage,
) -> list[Surface]:
    """Return a box that stands or hangs before a wall, ``thick_m`` into the corridor."""
    feet = np.stack([
        wall.left_m + span_m[0] * wall.along,
        wall.left_m + span_m[1] * wall.along + thick_m * wall.outward,
    ])  # fmt: skip
    low, high = feet.min(0), feet.max(0)
    return box((*low, rise_m[0]), (*high, rise_m[1]), texture)


def door_module(wall: WallRun, start_m: float, fabric: Fabric, leaf: RgbImage) -> list[Surface]:
    """Return one module of wall, as long as the doors stand apart, with its door set back."""
    a = start_m + DOOR_LEFT_M
    b, end_m = a + DOOR_M, start_m + DOOR_PITCH_M
    return [
        panel(wall, (start_m, a), (0.0, CEILING_M), fabric.left),
        panel(wall, (b, end_m), (0.0, CEILING_M), fabric.right),
        panel(wall, (a, b), (DOOR_HIGH_M, CEILING_M), fabric.lintel),
        panel(wall, (a, b), (0.0, DOOR_HIGH_M), leaf, _RECESS_M),
        *_frame(wall, a, b, fabric.jamb),
    ]


def _frame(wall: WallRun, a_m: float, b_m: float, texture: RgbImage) -> list[Surface]:
    """Return the four sides of a door's opening."""
    (a, b), top = (wall.left_m + at_m * wall.along for at_m in (a_m, b_m)), DOOR_HIGH_M
    deep_a, deep_b = (corner - _RECESS_M * wall.outward for corner in (a, b))
    return [
        quad([(*a, 0), (*deep_a, 0), (*deep_a, top), (*a, top)], texture),
        quad([(*deep_b, 0), (*b, 0), (*b, top), (*deep_b, top)], texture),
        quad([(*a, 0), (*b, 0), (*deep_b, 0), (*deep_a, 0)], texture),
        quad([(*deep_a, top), (*deep_b, top), (*b, top), (*a, top)], texture),
    ]
