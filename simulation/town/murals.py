# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Visual landmarks of the town: painted walls and boards on roofs."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from avpr_ros.arrays import RgbImage
from simulation.rendering.world import Surface, box
from simulation.town import materials
from simulation.town.facades import sign
from simulation.town.materials import Colour
from simulation.town.openings import PX_PER_M, any_accent


def mural(width_m: float, height_m: float, colour: Colour, rng: np.random.Generator) -> RgbImage:
    """Paint a blind wall with big shapes of strong colours."""
    shape = (round(height_m * PX_PER_M / 2), round(width_m * PX_PER_M / 2))
    wall = materials.plaster(shape, colour, rng)
    size = min(shape)
    for _ in range(int(rng.integers(4, 10))):
        paint = any_accent(rng)
        x, y = (int(value) for value in rng.integers(0, [shape[1], shape[0]]))
        radius = int(rng.uniform(0.12, 0.4) * size)
        kind = rng.integers(3)
        if kind == 0:
            cv2.circle(wall, (x, y), radius, paint, -1)
        elif kind == 1:
            cv2.rectangle(wall, (x, y), (x + 2 * radius, y + radius), paint, -1)
        else:
            corners = np.array([x, y]) + rng.integers(-2 * radius, 2 * radius + 1, (4, 2))
            cv2.fillPoly(wall, [corners.astype(np.int32)], paint)
    return materials.to_image(materials.weathered(wall, rng, 0.6))


def billboard(
    left_m: Sequence[float],
    along: Sequence[float],
    width_m: float,
    roof_m: float,
    rng: np.random.Generator,
) -> list[Surface]:
    """Put a board of glyphs on the edge of a roof.

    Args:
        left_m: (x, y) foot of the wall's left end, seen from outside.
        along: unit vector from there to the right end.
        width_m: of the wall.
        roof_m: height of the roof's edge.
        rng: of size, place and writing.
    """
    long_m = float(rng.uniform(0.45, 0.8)) * width_m
    start_m = float(rng.uniform(0.0, width_m - long_m))
    high_m = float(rng.uniform(1.6, 2.8))
    board = sign(round(24 * long_m), round(24 * high_m), rng)
    # 0.3 m thick, inwards from the wall's plane.
    inward = (-along[1], along[0])
    xs = [left_m[0] + along[0] * start_m, left_m[0] + along[0] * (start_m + long_m)]
    ys = [left_m[1] + along[1] * start_m, left_m[1] + along[1] * (start_m + long_m)]
    xs.append(xs[0] + 0.3 * inward[0])
    ys.append(ys[0] + 0.3 * inward[1])
    low = (min(xs), min(ys), roof_m + 0.4)
    return box(low, (max(xs), max(ys), roof_m + 0.4 + high_m), board)
