# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Light indoors: a row of lamps, windows at the ends, a camera that adapts."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import FloatArray, RgbImage
from simulation.office.fabric import SHINES
from simulation.office.plan import CEILING_M, DOOR_PITCH_M, FloorPlan
from simulation.rendering.camera import View
from simulation.rendering.night import NIGHT
from simulation.rendering.world import Position
from simulation.town.materials import Colour
from simulation.town.weather import expose

_CELL_M = 0.2
_MARGIN_M = 3.0
#: At this distance beside a lamp its light has fallen to a quarter.
_REACH_M = 1.5


@dataclass(frozen=True)
class Lighting:
    """How the office looks on one drive; colours are factors of light.

    Attributes:
        name: for reports.
        lamps: (3,) light of the lamps right below one.
        ambient: (3,) light that comes from everywhere.
        daylight: (3,) of the windows, 0 to 1.
        noise: deviation of the camera's noise, grey levels.
        seed: of the noise.
    """

    name: str
    lamps: Colour
    ambient: Colour
    daylight: Colour
    noise: float
    seed: int


WORKING_DAY = Lighting(
    'working day', (0.42, 0.42, 0.40), (0.56, 0.57, 0.58), (0.98, 1.0, 1.0), 2.0, 3
)
#: Few lamps of low power, no windows: what burns in an office at night.
NIGHT_WATCH = replace(NIGHT, name='night watch', lamp_cd=(14.0, 15.0, 12.0), seed=7)
#: At night one lamp of so many burns.
_NIGHT_LAMPS = 6
LATE_EVENING = Lighting(
    'late evening', (0.50, 0.46, 0.38), (0.36, 0.34, 0.32), (0.16, 0.19, 0.30), 3.0, 4
)


class Lamps:
    """Turns unlit views of one storey into photographs."""

    def __init__(self, lighting: Lighting, plan: FloorPlan, floor_m: float) -> None:
        """Spread the light of all lamps over the plan once.

        Args:
            lighting: of the drive.
            plan: of the storey; a lamp hangs in the middle of every module.
            floor_m: height of its floor.
        """
        self._lighting, self._floor_m = lighting, floor_m
        lamps = np.array([at for c in plan.corridors for at in _lamps_of(plan, c)])
        self._low = lamps.min(0) - _MARGIN_M
        columns, rows = np.ceil((lamps.max(0) + _MARGIN_M - self._low) / _CELL_M).astype(int)
        north, east = np.mgrid[:rows, :columns] * _CELL_M
        glow = np.zeros((rows, columns))
        for x, y in lamps - self._low:
            glow += 1.0 / (1.0 + ((east - x) ** 2 + (north - y) ** 2) / _REACH_M**2) ** 2
        self._glow = (glow / glow.max()).astype(np.float32)

    def photograph(self, view: View, size_px: tuple[int, int], frame: int) -> RgbImage:
        """Return the picture a camera takes, (H, W, 3) uint8; arguments as those of ``Air``."""
        lighting = self._lighting
        x = (view.points_m[..., 0] - np.float32(self._low[0])) / _CELL_M
        y = (view.points_m[..., 1] - np.float32(self._low[1])) / _CELL_M
        glow = cv2.remap(self._glow, x, y, cv2.INTER_LINEAR)
        above = (view.points_m[..., 2] - np.float32(self._floor_m)) / CEILING_M
        up = view.normals[..., 2]
        # Walls are brightest half-way up, floors face the lamps, ceilings do not.
        share = np.where(np.abs(up) > 0.5, 0.65 + 0.35 * up, 0.9 - 0.9 * (above - 0.6) ** 2)
        light = np.array(lighting.ambient, np.float32)
        light = light + (glow * share)[..., None] * np.array(lighting.lamps, np.float32)
        colour = view.albedo * light
        shines = view.albedo.min(-1) >= SHINES
        lamp = shines & (up < -0.5)
        colour[lamp] = 255.0 * _hue(lighting.lamps)
        colour[shines & ~lamp] = 255.0 * np.array(lighting.daylight, np.float32)
        colour[view.sky] = 0.0
        return expose(colour, size_px, lighting.noise, (lighting.seed, frame))


def night_lamps_m(plan: FloorPlan, floor_m: float) -> list[Position]:
    """Return where lamps burn at night on a storey."""
    at = [place for corridor in plan.corridors for place in _lamps_of(plan, corridor)]
    return [(float(x), float(y), floor_m + CEILING_M - 0.05) for x, y in at[::_NIGHT_LAMPS]]


def _lamps_of(plan: FloorPlan, corridor: tuple[tuple[int, int], tuple[int, int]]) -> FloatArray:
    start, along, length_m = plan.heading(corridor)
    middles = np.arange(DOOR_PITCH_M / 2, length_m, DOOR_PITCH_M)
    return np.asarray(start + middles[:, None] * along)


def _hue(colour: Colour) -> NDArray[np.float32]:
    return (np.array(colour) / max(colour)).astype(np.float32)
