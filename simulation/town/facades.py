# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""House fronts, no two alike: wall, windows, doors, shops with signs of random glyphs."""

from __future__ import annotations

import cv2
import numpy as np

from avpr_ros.arrays import RgbImage
from simulation.town import materials
from simulation.town.materials import Colour, Field
from simulation.town.openings import (
    PX_PER_M,
    WindowStyle,
    any_accent,
    any_wall_colour,
    draw_style,
    fill_box,
    paint_door,
    paint_glass,
    paint_window,
)


def facade(
    width_m: float, height_m: float, rng: np.random.Generator, *, shop: bool = False
) -> tuple[RgbImage, Colour]:
    """Paint one front.

    Args:
        width_m: of the wall.
        height_m: of the wall, ground floor included.
        rng: everything that makes this front different from the others.
        shop: a shop window and a sign on the ground floor.

    Returns:
        The front, first row at the eaves, and the colour of its wall.
    """
    shape = (round(height_m * PX_PER_M), round(width_m * PX_PER_M))
    colour = any_wall_colour(rng)
    wall = _wall(shape, colour, rng)
    ground_m = float(rng.uniform(3.1, 3.8))
    floors = max(1, round((height_m - ground_m) / float(rng.uniform(2.7, 3.3))))
    floor_m = (height_m - ground_m - 0.3) / floors
    columns = max(1, int((width_m - 0.8) // float(rng.uniform(1.7, 3.4))))
    style = draw_style(rng, width_m / columns, floor_m)
    _bands(wall, ground_m, floor_m, floors, rng)
    missing = rng.random((floors, columns)) < rng.choice([0.0, 0.12])
    for floor in range(floors):
        for column in range(columns):
            if missing[floor, column]:
                continue
            centre_m = (column + 0.5) * width_m / columns
            bottom_m = ground_m + floor * floor_m + style.sill_m
            paint_window(wall, centre_m, bottom_m, style, rng)
    if shop:
        _shop_front(wall, width_m, ground_m, rng)
    else:
        _house_front(wall, width_m, columns, style, rng)
    return materials.to_image(wall), colour


def blank_wall(
    width_m: float, height_m: float, colour: Colour, rng: np.random.Generator
) -> RgbImage:
    """Paint a side or back wall without windows."""
    shape = (round(height_m * PX_PER_M / 4), round(width_m * PX_PER_M / 4))
    wall = materials.plaster(shape, colour, rng)
    return materials.to_image(wall)


def sign(width_px: int, height_px: int, rng: np.random.Generator) -> RgbImage:
    """Paint a shop sign: a coloured board with 3 to 9 glyph-like shapes that say nothing."""
    back = any_accent(rng)
    dark = sum(back) < 330
    ink = (240.0, 234.0, 214.0) if dark else (32.0, 30.0, 36.0)
    board = materials.plain((height_px, width_px), back)
    cv2.rectangle(board, (0, 0), (width_px - 1, height_px - 1), ink, 1)
    count = int(rng.integers(3, 8))
    cell = min(height_px * 0.8, (width_px - 8) / count)
    left = (width_px - count * cell) / 2
    thickness = max(1, round(cell / 7))
    for index in range(count):
        corners = rng.integers(0, 3, (int(rng.integers(3, 6)), 2)) / 2 * cell * 0.72
        offset = np.array([left + index * cell + cell * 0.14, (height_px - cell * 0.72) / 2])
        points = (corners + offset).round().astype(np.int32)
        if rng.random() < 0.25:
            centre = (int(offset[0] + cell * 0.36), int(offset[1] + cell * 0.36))
            cv2.circle(board, centre, max(1, int(cell * 0.34)), ink, thickness)
        else:
            cv2.polylines(board, [points], False, ink, thickness)
    return materials.to_image(board)


def _wall(shape: tuple[int, int], colour: Colour, rng: np.random.Generator) -> Field:
    kind = rng.integers(5)
    if kind == 0:
        return materials.courses(shape, colour, (4, 10), rng)
    if kind == 1:
        return materials.courses(shape, colour, (12, 26), rng, joint=0.8)
    if kind == 2:
        return materials.siding(shape, colour, 6, rng)
    return materials.plaster(shape, colour, rng)


def _bands(
    wall: Field, ground_m: float, floor_m: float, floors: int,
    rng: np.random.Generator,
) -> None:  # fmt: skip
    width_m = wall.shape[1] / PX_PER_M
    trim = any_wall_colour(rng)
    fill_box(wall, 0, wall.shape[0] / PX_PER_M - 0.3, width_m, 0.3, trim)
    if rng.random() < 0.5:
        fill_box(wall, 0, ground_m - 0.05, width_m, 0.16, trim)
    if rng.random() < 0.3:
        for floor in range(1, floors):
            fill_box(wall, 0, ground_m + floor * floor_m - 0.05, width_m, 0.12, trim)
    fill_box(wall, 0, 0, width_m, float(rng.uniform(0.25, 0.6)), (96.0, 92.0, 88.0))


def _house_front(
    wall: Field, width_m: float, columns: int, style: WindowStyle,
    rng: np.random.Generator,
) -> None:  # fmt: skip
    door_column = int(rng.integers(columns))
    for column in range(columns):
        centre_m = (column + 0.5) * width_m / columns
        if column == door_column:
            paint_door(wall, centre_m - 0.5, rng)
        elif rng.random() < 0.85:
            paint_window(wall, centre_m, 0.95, style, rng)


def _shop_front(wall: Field, width_m: float, ground_m: float, rng: np.random.Generator) -> None:
    paint = any_accent(rng)
    fill_box(wall, 0.2, 0, width_m - 0.4, ground_m - 0.35, paint)
    door_m = float(rng.choice([0.6, width_m - 1.7]))
    panes = int(rng.integers(2, 5))
    for left_m in np.linspace(0.5, width_m - 0.5, panes + 1)[:-1]:
        pane_m = (width_m - 1.0) / panes - 0.15
        box = fill_box(wall, float(left_m), 0.55, pane_m, ground_m - 1.75, (225.0, 222.0, 210.0))
        paint_glass(wall, (box[0] + 1, box[1] + 1, box[2] - 1, box[3] - 1), rng)
        _goods(wall, box, rng)
    paint_door(wall, door_m, rng)
    height_px = round(0.85 * PX_PER_M)
    board = sign(round((width_m - 0.5) * PX_PER_M), height_px, rng)
    top = wall.shape[0] - round((ground_m - 0.15) * PX_PER_M)
    left = round(0.25 * PX_PER_M)
    wall[top : top + height_px, left : left + board.shape[1]] = board


def _goods(wall: Field, box: tuple[int, int, int, int], rng: np.random.Generator) -> None:
    """Put a row of coloured things into a shop window."""
    for _ in range(int(rng.integers(2, 7))):
        x = int(rng.integers(box[0] + 2, max(box[0] + 3, box[2] - 6)))
        height = int(rng.integers(4, 16))
        cv2.rectangle(wall, (x, box[3] - height), (x + 5, box[3] - 2), any_accent(rng), -1)
