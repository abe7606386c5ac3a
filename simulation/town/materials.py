# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Procedural surfaces: brick, stone, plaster, siding, asphalt, paving, grass, leaves."""

from __future__ import annotations

from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import RgbImage

#: (3,) red, green, blue, 0 to 255.
Colour: TypeAlias = tuple[float, float, float]
Field: TypeAlias = NDArray[np.float32]


def to_image(field: NDArray[np.floating]) -> RgbImage:
    """Round an (H, W, 3) field of 0 to 255 to uint8."""
    return np.clip(field, 0, 255).astype(np.uint8)


def smooth_noise(
    shape: tuple[int, int], cells: tuple[int, int], rng: np.random.Generator
) -> Field:
    """Return an (H, W) field of mean 0 and deviation about 1 that varies over ``cells``."""
    coarse = rng.standard_normal((max(2, cells[0]), max(2, cells[1]))).astype(np.float32)
    return cv2.resize(coarse, shape[::-1], interpolation=cv2.INTER_CUBIC).astype(np.float32)


def plain(shape: tuple[int, int], colour: Colour) -> Field:
    """Return an (H, W, 3) field of one colour."""
    return np.broadcast_to(np.array(colour, np.float32), (*shape, 3)).copy()


def weathered(field: Field, rng: np.random.Generator, amount: float = 1.0) -> Field:
    """Add grain, stains as large as the surface and dirt that runs down."""
    shape = (field.shape[0], field.shape[1])
    shade = 3.0 * rng.standard_normal(shape).astype(np.float32)
    shade += 6.0 * smooth_noise(shape, (4, 4), rng)
    shade += 4.0 * smooth_noise(shape, (2, shape[1] // 6), rng)
    return np.asarray(field + amount * shade[..., None], np.float32)


def plaster(shape: tuple[int, int], colour: Colour, rng: np.random.Generator) -> Field:
    """Return painted plaster."""
    return weathered(plain(shape, colour), rng)


def courses(
    shape: tuple[int, int],
    colour: Colour,
    block_px: tuple[int, int],
    rng: np.random.Generator,
    joint: float = 0.72,
) -> Field:
    """Return bricks or stone blocks in running bond.

    Args:
        shape: (H, W) in pixels.
        colour: of the mean block.
        block_px: height and width of one block in pixels, joint included.
        rng: the source of every variation.
        joint: brightness of the joints, 1 for the block's own.
    """
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    row = rows // block_px[0]
    shifted = columns + (row % 2) * (block_px[1] // 2)
    tint = rng.normal(1.0, 0.09, (int(row.max()) + 1, int(shifted.max()) // block_px[1] + 2))
    shade = tint[row, shifted // block_px[1]]
    shade[(rows % block_px[0] == 0) | (shifted % block_px[1] == 0)] = joint
    return weathered(plain(shape, colour) * shade[..., None].astype(np.float32), rng, 0.8)


def siding(
    shape: tuple[int, int], colour: Colour, board_px: int, rng: np.random.Generator
) -> Field:
    """Return overlapping horizontal boards."""
    shade = 1.0 - 0.25 * ((np.arange(shape[0]) % board_px) / board_px) ** 3
    return weathered(plain(shape, colour) * shade[:, None, None].astype(np.float32), rng, 0.7)


def asphalt(shape: tuple[int, int], rng: np.random.Generator) -> Field:
    """Return old asphalt with patches of repair and cracks."""
    grey = float(rng.uniform(88, 112))
    field = plain(shape, (grey, grey, grey + 3))
    for _ in range(int(rng.integers(2, 6))):
        corner = rng.integers(0, [shape[1], shape[0]])
        size = rng.integers(8, 50, 2)
        field[corner[1] : corner[1] + size[1], corner[0] : corner[0] + size[0]] *= rng.uniform(
            0.72, 1.15
        )
    for _ in range(int(rng.integers(1, 5))):
        points = np.cumsum(rng.normal(0, 9, (14, 2)), axis=0) + rng.integers(
            0, [shape[1], shape[0]]
        )
        cv2.polylines(field, [points.astype(np.int32)], False, (58, 58, 60), 1)
    return weathered(field, rng, 1.3)


def paving(shape: tuple[int, int], colour: Colour, rng: np.random.Generator) -> Field:
    """Return the slabs of a pavement."""
    return courses(shape, colour, (9, 9), rng, joint=0.82)


def grass(shape: tuple[int, int], rng: np.random.Generator) -> Field:
    """Return a mown lawn."""
    field = plain(shape, (86 + rng.uniform(-12, 18), 122, 58))
    blades = 14 * rng.standard_normal(shape).astype(np.float32)
    patches = 8 * smooth_noise(shape, (9, 9), rng)
    return np.asarray(field + (blades + patches)[..., None], np.float32)


def leaves(shape: tuple[int, int], colour: Colour, rng: np.random.Generator) -> Field:
    """Return foliage: clumps lit from above with dark gaps between."""
    field = plain(shape, colour)
    clumps = smooth_noise(shape, (shape[0] // 5, shape[1] // 5), rng)
    fine = smooth_noise(shape, (shape[0] // 2, shape[1] // 2), rng)
    return np.asarray(field * (1 + 0.24 * clumps + 0.16 * fine)[..., None], np.float32)


def roof_tiles(shape: tuple[int, int], colour: Colour, rng: np.random.Generator) -> Field:
    """Return a tiled roof."""
    return courses(shape, colour, (7, 9), rng, joint=0.68)
