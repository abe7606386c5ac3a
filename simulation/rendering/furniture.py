# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What stands and moves in a street: trees, cars, lamp posts, signs, people."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from avpr_ros.arrays import RgbImage
from simulation.rendering.world import Column, Position, Surface, blob, box, quad
from simulation.town import materials
from simulation.town.facades import sign
from simulation.town.materials import Colour
from simulation.town.openings import any_accent

CAR_LENGTH_M = 4.3
SPECIES = 6
CAR_WIDTH_M = 1.8
#: Paint of a car's lights.
HEADLIGHT: Colour = (240, 236, 214)
REAR_LIGHT: Colour = (178, 28, 30)
_BODY_M = 0.85
_ROOF_M = 1.48


def flat(colour: Colour, rng: np.random.Generator) -> RgbImage:
    """Return a small texture of one paint."""
    return materials.to_image(materials.plaster((24, 24), colour, rng))


#: Colours of leaves: beech, linden, copper beech, silver willow, autumn maple, pine.
_LEAVES: tuple[Colour, ...] = (
    (78, 112, 46), (112, 128, 44), (104, 52, 44), (132, 148, 118), (176, 96, 36), (44, 78, 52),
)  # fmt: skip


def tree(
    x_m: float, y_m: float, rng: np.random.Generator, species: int | None = None
) -> tuple[list[Surface], Column]:
    """Grow a tree: a trunk and a crown of a few lumps; of any species where none is given."""
    kind = int(rng.integers(SPECIES)) if species is None else species
    crown_m = float(rng.uniform(3.6, 5.2))
    radius_m = float(rng.uniform(1.0, 1.5)) + 0.08 * kind
    hue = rng.normal(0, 10, 3)
    red, green, blue = np.array(_LEAVES[kind]) + hue
    greens = (float(red), float(green), float(blue))
    texture = materials.to_image(materials.leaves((64, 128), greens, rng))
    bark = flat((92, 74, 58), rng)
    surfaces = box((x_m - 0.14, y_m - 0.14, 0), (x_m + 0.14, y_m + 0.14, crown_m), bark)
    for _ in range(int(rng.integers(1, 4))):
        dx, dy, dz = rng.normal(0, 0.45, 3)
        radii = radius_m * rng.uniform(0.75, 1.1, 3)
        surfaces.append(blob((x_m + dx, y_m + dy, crown_m + dz), radii, texture, rng))
    half_m = 0.8 * radius_m
    return surfaces, Column(x_m - half_m, y_m - half_m, x_m + half_m, y_m + half_m, crown_m + 1)


def car(rng: np.random.Generator) -> list[Surface]:
    """Build a car in its own frame: origin on the ground, x forward.

    Its planes are shaded as curved surfaces, which lets all cars of a district be drawn together.
    """
    grey = float(rng.uniform(60, 225))
    paint = any_accent(rng) if rng.random() < 0.5 else (grey, grey, grey)
    van = rng.random() < 0.25
    side = _car_side(paint, van, rng)
    front, back = _car_end(paint, HEADLIGHT), _car_end(paint, REAR_LIGHT)
    half, width = CAR_LENGTH_M / 2, CAR_WIDTH_M / 2
    roof_m = 2.0 if van else _ROOF_M
    slope = 0.35 if van else 1.0
    outline = [
        (-half, 0.18), (half, 0.18), (half, _BODY_M), (half - slope, _BODY_M + 0.1),
        (half - slope - 0.6, roof_m), (-half + 0.7 * slope, roof_m), (-half, _BODY_M),
    ]  # fmt: skip
    surfaces = [_outline_side(outline, roof_m, side, sign_y * width) for sign_y in (-1.0, 1.0)]
    glass = flat((52, 58, 68), rng)
    skin = flat(paint, rng)
    strips = [front, skin, glass, skin, glass, back]
    ends = [*outline[1:], outline[0]]
    for (x0, z0), (x1, z1), texture in zip(ends[:-1], ends[1:], strips, strict=True):
        corners = [(x0, -width, z0), (x0, width, z0), (x1, width, z1), (x1, -width, z1)]
        surfaces.append(quad(corners, texture))
    return [replace(surface, normal=None) for surface in surfaces]


def person(rng: np.random.Generator) -> list[Surface]:
    """Build a walking person in their own frame: coat, legs, head."""
    coat, legs = flat(any_accent(rng), rng), flat((44, 46, 58), rng)
    head = flat((206, 166, 138), rng)
    return [
        *box((-0.12, -0.2, 0.0), (0.12, 0.2, 0.85), legs),
        *box((-0.16, -0.26, 0.8), (0.16, 0.26, 1.5), coat),
        *box((-0.11, -0.1, 1.5), (0.11, 0.1, 1.76), head),
    ]


def lamp_post(x_m: float, y_m: float, rng: np.random.Generator) -> tuple[list[Surface], Position]:
    """Put up a lamp post; return it and where its lamp hangs."""
    metal = flat((70, 76, 80), rng)
    height_m = float(rng.uniform(5.0, 6.0))
    post = box((x_m - 0.07, y_m - 0.07, 0), (x_m + 0.07, y_m + 0.07, height_m), metal)
    head = (x_m - 0.25, y_m - 0.25, height_m), (x_m + 0.25, y_m + 0.25, height_m + 0.2)
    surfaces = [*post, *box(*head, flat((224, 220, 206), rng))]
    return surfaces, (x_m, y_m, height_m)


def notice(x_m: float, y_m: float, rng: np.random.Generator) -> list[Surface]:
    """Put up a board on a post, seen from all four sides."""
    metal = flat((96, 98, 100), rng)
    board = sign(40, 24, rng)
    post = box((x_m - 0.04, y_m - 0.04, 0), (x_m + 0.04, y_m + 0.04, 2.0), metal)
    return [*post, *box((x_m - 0.45, y_m - 0.45, 2.0), (x_m + 0.45, y_m + 0.45, 2.6), board)]


def _car_side(paint: Colour, van: bool, rng: np.random.Generator) -> RgbImage:
    """Paint a car's side: windows above, wheels below, door lines."""
    side = materials.plaster((64, 150), paint, rng)
    glass = (46, 52, 62)
    if van:
        cv2.rectangle(side, (104, 8), (130, 30), glass, -1)
    else:
        window = np.array([[30, 24], [44, 6], [98, 6], [116, 24]])
        cv2.fillPoly(side, [window], glass)
        cv2.line(side, (72, 6), (72, 58), tuple(0.7 * c for c in paint), 1)
    side[56:] *= 0.5
    for x in (28, 120):
        cv2.circle(side, (x, 54), 11, (28, 28, 30), -1)
        cv2.circle(side, (x, 54), 5, (150, 152, 156), -1)
    return materials.to_image(side)


def _car_end(paint: Colour, lights: Colour) -> RgbImage:
    """Paint a bumper with lights and a number plate."""
    end = materials.plain((24, 48), paint)
    for x in (3, 37):
        cv2.rectangle(end, (x, 7), (x + 8, 12), lights, -1)
    cv2.rectangle(end, (17, 14), (31, 18), (232, 230, 210), -1)
    end[20:] *= 0.4
    return materials.to_image(end)


def _outline_side(
    outline: list[tuple[float, float]], roof_m: float, texture: RgbImage, y_m: float
) -> Surface:
    """Fill an outline in the x-z plane at ``y_m``, textured by its bounding box."""
    points = np.array(outline)
    vertices = np.stack([points[:, 0], np.full(len(points), y_m), points[:, 1]], 1)
    fan = np.array([[0, k, k + 1] for k in range(1, len(points) - 1)])
    uvs = np.stack([points[:, 0] / CAR_LENGTH_M + 0.5, points[:, 1] / roof_m], 1)
    return Surface(vertices, fan if y_m < 0 else fan[:, ::-1], uvs, texture)
