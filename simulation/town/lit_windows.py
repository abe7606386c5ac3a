# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What shines in the town at night: windows with light behind them, lights of moving cars."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import RgbImage
from simulation.rendering.furniture import HEADLIGHT, REAR_LIGHT
from simulation.rendering.night import DULL, SHINES
from simulation.rendering.world import Surface
from simulation.town.materials import Colour
from simulation.town.openings import CURTAIN, GLASS_TINT

#: Windows are divided by bars of at most this many pixels.
_BAR_PX = 3
#: Smallest window, and largest share of a front, which would be a wall of that very colour.
_LEAST_PX, _MOST_SHARE = 12, 0.3
#: Light behind windows: lamps warm and white, a screen.
_LIGHTS: tuple[Colour, ...] = (
    (SHINES, 196.0, 120.0), (SHINES, 214.0, 152.0), (SHINES, 236.0, 206.0), (160.0, 196.0, SHINES),
)  # fmt: skip
_CAR_LIGHTS = {HEADLIGHT: (SHINES, SHINES, 245), REAR_LIGHT: (SHINES, 40, 40)}


def with_lit_windows(
    surfaces: Sequence[Surface], share: float, seed: int
) -> tuple[list[Surface], int]:
    """Light a share of the windows.

    Args:
        surfaces: of the town, in order.
        share: of the windows that are lit.
        seed: which ones.

    Returns:
        The same surfaces with other textures, shared as before, and how many windows are lit.
    """
    rng = np.random.default_rng(seed)
    textures: dict[int, RgbImage] = {}
    lit = 0
    result = []
    for surface in surfaces:
        key = id(surface.texture)
        if key not in textures:
            textures[key], count = _light_up(surface.texture, share, rng)
            lit += count
        result.append(replace(surface, texture=textures[key]))
    return result, lit


def with_car_lights(surfaces: Iterable[Surface]) -> list[Surface]:
    """Switch on the lights of a moving car; others shine nowhere."""
    result = []
    for surface in surfaces:
        texture = np.minimum(surface.texture, DULL)
        for paint, light in _CAR_LIGHTS.items():
            texture[(surface.texture == np.array(paint, np.uint8)).all(-1)] = light
        result.append(replace(surface, texture=texture))
    return result


def windows_of(texture: RgbImage) -> tuple[NDArray[np.int32], int]:
    """Return (H, W) numbers of windows from 1, 0 elsewhere, and how many there are.

    Panes are known by their colour: a grey with the tint of glass, or the shade of a curtain.
    """
    levels = texture.astype(np.int16)
    panes = np.zeros(texture.shape[:2], np.bool_)
    for tint in (GLASS_TINT, CURTAIN):
        steps = np.diff(np.array(tint).astype(np.int16))
        panes |= (np.diff(levels, axis=-1) == steps).all(-1)
    kernel = np.ones((_BAR_PX, _BAR_PX), np.uint8)
    joined = cv2.morphologyEx(panes.astype(np.uint8), cv2.MORPH_CLOSE, kernel)
    _, labels, sizes, _ = cv2.connectedComponentsWithStats(joined, connectivity=4)
    areas = sizes[:, cv2.CC_STAT_AREA]
    right = (areas >= _LEAST_PX) & (areas <= _MOST_SHARE * panes.size)
    right[0] = False
    numbers = np.where(right, np.cumsum(right), 0).astype(np.int32)
    return np.where(panes, numbers[labels], 0).astype(np.int32), int(right.sum())


def _light_up(texture: RgbImage, share: float, rng: np.random.Generator) -> tuple[RgbImage, int]:
    dark = np.minimum(texture, DULL)
    windows, count = windows_of(texture)
    if not count:
        return dark, 0
    lit = rng.random(count) < share
    for number in np.flatnonzero(lit) + 1:
        light = np.array(_LIGHTS[rng.integers(len(_LIGHTS))])
        dark[windows == number] = light.astype(np.uint8)
    return dark, int(lit.sum())
