# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What a world is made of: textured surfaces, and columns that cast shadows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import FloatArray, IntArray, RgbImage
from avpr_ros.poses import Pose

#: (3,) metres.
Position: TypeAlias = tuple[float, float, float]


@dataclass(frozen=True, eq=False)
class Surface:
    """A textured triangle mesh.

    Attributes:
        vertices_m: (V, 3) in the world, or in the object's own frame.
        triangles: (T, 3) vertex rows, counter-clockwise seen from outside.
        uvs: (V, 2) texture coordinates, (0, 0) at the texture's lower left; they repeat.
        texture: shared between surfaces by identity.
        normal: (3,) of a plane; None for a curved surface, shaded from its depth.
    """

    vertices_m: FloatArray
    triangles: IntArray
    uvs: FloatArray
    texture: RgbImage
    normal: FloatArray | None = None


@dataclass(frozen=True)
class Column:
    """A solid that stands on the ground, axis-aligned, for shadows."""

    west_m: float
    south_m: float
    east_m: float
    north_m: float
    height_m: float


@dataclass
class World:
    """Everything that stands still, and where lamps hang that are lit at night."""

    surfaces: list[Surface] = field(default_factory=list)
    columns: list[Column] = field(default_factory=list)
    lamps_m: list[Position] = field(default_factory=list)

    def add(self, surfaces: Sequence[Surface], column: Column | None = None) -> None:
        """Put surfaces into the world, and the column that stands for their shadow."""
        self.surfaces.extend(surfaces)
        if column is not None:
            self.columns.append(column)


def quad(
    corners_m: Sequence[Sequence[float]],
    texture: RgbImage,
    repeat: tuple[float, float] = (1.0, 1.0),
) -> Surface:
    """Return a plane of four corners, counter-clockwise from outside, lower left first."""
    vertices = np.asarray(corners_m, np.float64)
    normal = np.cross(vertices[1] - vertices[0], vertices[3] - vertices[0])
    uvs = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]) * repeat
    return Surface(
        vertices, np.array([[0, 1, 2], [0, 2, 3]]), uvs, texture, normal / np.linalg.norm(normal)
    )


def box(
    low_m: Sequence[float],
    high_m: Sequence[float],
    texture: RgbImage,
    repeat: tuple[float, float] = (1.0, 1.0),
) -> list[Surface]:
    """Return the four sides and the top of an axis-aligned box."""
    (x0, y0, z0), (x1, y1, z1) = low_m, high_m
    ring = [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]
    sides = []
    for (ax, ay), (bx, by) in zip(ring, ring[1:] + ring[:1], strict=True):
        corners = [(ax, ay, z0), (bx, by, z0), (bx, by, z1), (ax, ay, z1)]
        sides.append(quad(corners, texture, repeat))
    top = [(x0, y0, z1), (x1, y0, z1), (x1, y1, z1), (x0, y1, z1)]
    return [*sides, quad(top, texture, repeat)]


def blob(
    centre_m: Sequence[float],
    radii_m: Sequence[float] | FloatArray,
    texture: RgbImage,
    rng: np.random.Generator,
    rings: int = 5,
) -> Surface:
    """Return a lumpy ellipsoid, for the crown of a tree."""
    around = 2 * rings
    polar = np.linspace(0, np.pi, rings + 1)
    azimuth = np.linspace(0, 2 * np.pi, around + 1)
    lump = rng.normal(1.0, 0.11, (rings + 1, around + 1))
    lump[:, -1] = lump[:, 0]
    lump[[0, -1]] = 1.0
    unit = np.stack(
        [
            np.sin(polar)[:, None] * np.cos(azimuth),
            np.sin(polar)[:, None] * np.sin(azimuth),
            np.broadcast_to(np.cos(polar)[:, None], (rings + 1, around + 1)),
        ],
        axis=-1,
    )
    vertices = (unit * lump[..., None] * np.asarray(radii_m) + np.asarray(centre_m)).reshape(-1, 3)
    u, v = np.meshgrid(azimuth / np.pi, 1 - polar / np.pi)
    row, column = np.mgrid[:rings, :around].reshape(2, -1)
    first = row * (around + 1) + column
    below = first + around + 1
    triangles = np.concatenate(
        [np.stack([first, below, below + 1], 1), np.stack([first, below + 1, first + 1], 1)]
    )
    return Surface(vertices, triangles, np.stack([u.ravel(), v.ravel()], 1), texture)


def moved(surfaces: Sequence[Surface], world_from_object: Pose) -> list[Surface]:
    """Return surfaces of an object's own frame at a place in the world."""
    rotation = world_from_object.rotation
    result = []
    for surface in surfaces:
        vertices = rotation.apply(surface.vertices_m) + world_from_object.translation_m
        normal = None if surface.normal is None else rotation.apply(surface.normal)
        result.append(Surface(vertices, surface.triangles, surface.uvs, surface.texture, normal))
    return result


def height_field(
    columns: Sequence[Column], low_m: NDArray[np.float64], shape: tuple[int, int], cell_m: float
) -> NDArray[np.float32]:
    """Return the (rows = north, columns = east) heights of the columns on a grid, metres."""
    field_m = np.zeros(shape, np.float32)
    for column in columns:
        west = max(0, int((column.west_m - low_m[0]) / cell_m))
        east = max(0, int(np.ceil((column.east_m - low_m[0]) / cell_m)))
        south = max(0, int((column.south_m - low_m[1]) / cell_m))
        north = max(0, int(np.ceil((column.north_m - low_m[1]) / cell_m)))
        part = field_m[south:north, west:east]
        np.maximum(part, column.height_m, out=part)
    return field_m
