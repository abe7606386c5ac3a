# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What a house front is painted with: palettes, windows, doors, glass."""

from __future__ import annotations

from dataclasses import dataclass
import itertools

import cv2
import numpy as np

from simulation.town.materials import Colour, Field

#: Pixels a metre of wall: what 320 px and 90 degrees show of a wall 6 m away.
PX_PER_M = 26

#: Added to the grey of a pane; no other paint has these steps between its channels.
GLASS_TINT: Colour = (0.0, 6.0, 14.0)
CURTAIN: Colour = (196.0, 188.0, 170.0)

WALLS: tuple[Colour, ...] = (
    (176, 88, 66), (150, 72, 58), (198, 128, 92), (226, 204, 160), (214, 190, 178),
    (188, 196, 190), (160, 176, 196), (222, 180, 120), (204, 152, 138), (236, 230, 214),
    (146, 158, 140), (128, 134, 146), (190, 168, 140), (206, 206, 196), (168, 120, 110),
)  # fmt: skip
_ACCENTS: tuple[Colour, ...] = (
    (34, 78, 124), (146, 34, 40), (28, 100, 66), (222, 168, 38), (92, 48, 108), (30, 34, 42),
    (206, 92, 36), (38, 128, 140), (238, 236, 226), (118, 84, 54),
)  # fmt: skip


def any_wall_colour(rng: np.random.Generator) -> Colour:
    """Draw a wall colour near one of the palette, paler or stronger."""
    drawn = np.array(WALLS[rng.integers(len(WALLS))]) + rng.normal(0, 9, 3)
    red, green, blue = drawn.mean() + (drawn - drawn.mean()) * rng.uniform(0.8, 1.7)
    return (float(red), float(green), float(blue))


def any_accent(rng: np.random.Generator) -> Colour:
    """Draw a paint colour for doors, signs, shutters and cars."""
    return _ACCENTS[rng.integers(len(_ACCENTS))]


@dataclass(frozen=True)
class WindowStyle:
    """What all windows of one front share, metres and colours."""

    width_m: float
    height_m: float
    sill_m: float
    frame: Colour
    trim: Colour
    bars: tuple[int, int]
    shutters: Colour | None
    arched: bool


def draw_style(rng: np.random.Generator, pitch_m: float, floor_m: float) -> WindowStyle:
    """Draw the style of a front whose windows stand ``pitch_m`` apart on ``floor_m`` floors."""
    width_m = float(rng.uniform(0.42, 0.72)) * pitch_m
    light: Colour = (232.0, 230.0, 222.0)
    return WindowStyle(
        width_m=min(width_m, 2.4),
        height_m=float(rng.uniform(0.48, 0.66)) * floor_m,
        sill_m=float(rng.uniform(0.2, 0.3)) * floor_m,
        frame=light if rng.random() < 0.7 else any_accent(rng),
        trim=light if rng.random() < 0.5 else any_wall_colour(rng),
        bars=(int(rng.integers(1, 4)), int(rng.integers(1, 3))),
        shutters=any_accent(rng) if rng.random() < 0.35 and pitch_m > 1.9 else None,
        arched=bool(rng.random() < 0.25),
    )


def fill_box(
    wall: Field, left_m: float, bottom_m: float, width_m: float, height_m: float,
    colour: Colour,
) -> tuple[int, int, int, int]:  # fmt: skip
    """Fill a rectangle given in metres from the lower left corner; return it in pixels."""
    left, right = round(left_m * PX_PER_M), round((left_m + width_m) * PX_PER_M)
    top = wall.shape[0] - round((bottom_m + height_m) * PX_PER_M)
    bottom = wall.shape[0] - round(bottom_m * PX_PER_M)
    left, top = max(left, 0), max(top, 0)
    wall[top:bottom, left:right] = colour
    return left, top, right, bottom


def paint_glass(wall: Field, box: tuple[int, int, int, int], rng: np.random.Generator) -> None:
    """Paint panes: dark with a gradient of reflected sky, sometimes a curtain."""
    left, top, right, bottom = box
    if right - left < 2 or bottom - top < 2:
        return
    base = rng.uniform(34, 78)
    ramp = np.linspace(rng.uniform(10, 46), 0, bottom - top, dtype=np.float32)[:, None, None]
    pane = (base + np.array(GLASS_TINT)).astype(np.float32) + ramp
    wall[top:bottom, left:right] = pane
    if rng.random() < 0.3:
        drop = top + int((bottom - top) * rng.uniform(0.2, 1.0))
        wall[top:drop, left:right] = np.array(CURTAIN) + rng.normal(0, 16)


def paint_window(
    wall: Field, centre_m: float, bottom_m: float, style: WindowStyle,
    rng: np.random.Generator,
) -> None:  # fmt: skip
    """Paint one window with its trim, bars and shutters, by the middle of its sill."""
    width, height = style.width_m, style.height_m
    left_m = centre_m - width / 2
    if style.shutters is not None:
        for side_m in (left_m - 0.45 * width, left_m + 1.05 * width):
            fill_box(wall, side_m, bottom_m, 0.4 * width, height, style.shutters)
    fill_box(wall, left_m - 0.1, bottom_m - 0.12, width + 0.2, height + 0.24, style.trim)
    box = fill_box(wall, left_m, bottom_m, width, height, style.frame)
    columns, rows = style.bars
    xs = np.linspace(box[0], box[2], columns + 1).round().astype(int)
    ys = np.linspace(box[1], box[3], rows + 1).round().astype(int)
    for x0, x1 in itertools.pairwise(xs):
        for y0, y1 in itertools.pairwise(ys):
            paint_glass(wall, (x0 + 1, y0 + 1, x1 - 1, y1 - 1), rng)
    if style.arched:
        radius = (box[2] - box[0]) // 2
        centre = ((box[0] + box[2]) // 2, box[1])
        cv2.ellipse(wall, centre, (radius, max(2, radius // 2)), 0, 180, 360, style.trim, -1)


def paint_door(wall: Field, left_m: float, rng: np.random.Generator) -> None:
    """Paint a door of one metre with a pane and a knob."""
    paint = any_accent(rng)
    fill_box(wall, left_m - 0.12, 0, 1.24, 2.5, (206.0, 202.0, 192.0))
    box = fill_box(wall, left_m, 0.1, 1.0, 2.25, paint)
    inset = (box[0] + 5, box[1] + 6, box[2] - 5, box[1] + 22)
    paint_glass(wall, inset, rng)
    cv2.circle(wall, (box[2] - 5, (box[1] + box[3]) // 2), 1, (220, 200, 120), -1)
