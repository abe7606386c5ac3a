# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Joins thousands of surfaces into few: one mesh and one atlas a direction and district.

The renderer pays for every object in every frame; a town drawn surface by surface is ten times
slower than the same triangles in a few hundred meshes.
"""

from __future__ import annotations

from collections.abc import Sequence
import math

import numpy as np

from avpr_ros.arrays import RgbImage
from simulation.rendering.world import Surface

_DISTRICT_M = 60.0


def join(surfaces: Sequence[Surface]) -> list[Surface]:
    """Return the same triangles in fewer surfaces, planes of one normal together."""
    groups: dict[tuple[float, ...], list[Surface]] = {}
    for surface in surfaces:
        centre = surface.vertices_m[:, :2].mean(0) // _DISTRICT_M
        normal = (
            (9.0, 9.0, 9.0) if surface.normal is None else tuple(surface.normal.round(3) + 0.0)
        )
        groups.setdefault((*centre, *normal), []).append(surface)
    return [_join_group(group) for group in groups.values()]


def _join_group(group: list[Surface]) -> Surface:
    textures: dict[tuple[int, int, int], RgbImage] = {}
    keys = []
    for surface in group:
        tiles = np.maximum(1, np.ceil(surface.uvs.max(0) - 1e-6)).astype(int)
        key = (id(surface.texture), int(tiles[0]), int(tiles[1]))
        textures.setdefault(key, np.tile(surface.texture, (key[2], key[1], 1)))
        keys.append(key)
    atlas, corners = _pack(list(textures.values()))
    where = dict(zip(textures, corners, strict=True))
    vertices, triangles, uvs, count = [], [], [], 0
    for surface, key in zip(group, keys, strict=True):
        height, width = textures[key].shape[:2]
        left, top = where[key]
        unit = surface.uvs / (key[1], key[2])
        x = left + 0.5 + unit[:, 0] * (width - 1)
        y = top + 0.5 + (1 - unit[:, 1]) * (height - 1)
        uvs.append(np.stack([x / atlas.shape[1], 1 - y / atlas.shape[0]], 1))
        vertices.append(surface.vertices_m)
        triangles.append(surface.triangles + count)
        count += len(surface.vertices_m)
    return Surface(
        np.concatenate(vertices),
        np.concatenate(triangles),
        np.concatenate(uvs),
        atlas,
        group[0].normal,
    )


def _pack(images: list[RgbImage]) -> tuple[RgbImage, list[tuple[int, int]]]:
    """Set images on shelves, tallest first; return the atlas and each one's left and top."""
    area = sum(image.shape[0] * image.shape[1] for image in images)
    width = max(math.ceil(math.sqrt(area)), *(image.shape[1] for image in images))
    corners = [(0, 0)] * len(images)
    left = top = shelf = 0
    for index in sorted(range(len(images)), key=lambda i: -images[i].shape[0]):
        high, wide = images[index].shape[:2]
        if left + wide > width:
            left, top, shelf = 0, top + shelf, 0
        corners[index] = (left, top)
        left, shelf = left + wide, max(shelf, high)
    used = max(c[0] + i.shape[1] for c, i in zip(corners, images, strict=True))
    atlas = np.zeros((top + shelf, used, 3), np.uint8)
    for (x, y), image in zip(corners, images, strict=True):
        atlas[y : y + image.shape[0], x : x + image.shape[1]] = image
    return atlas, corners
