# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What every floor of the office is built of: the same few textures everywhere."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from avpr_ros.arrays import RgbImage
from simulation.office.plan import CEILING_M, DOOR_PITCH_M, WIDTH_M
from simulation.town import materials

PX_PER_M = 40
DOOR_M = 0.95
DOOR_HIGH_M = 2.1
#: Where the door of a module starts.
DOOR_LEFT_M = 1.0
#: All three channels at least this bright: the surface shines by itself.
SHINES = 252


@dataclass(frozen=True, eq=False)
class Fabric:
    """Textures, shared by identity.

    Attributes:
        left: wall to the left of a door, up to the ceiling.
        right: wall to the right of it.
        lintel: wall above it.
        plain: wall of a crossing's width.
        jamb: frame of a door.
        door: its leaf.
        rooms: what an open door shows.
        floor: one module of the corridor.
        ceiling: the same, with its lamp.
        window: at the end of a corridor.
        lift: doors of the lift.
    """

    left: RgbImage
    right: RgbImage
    lintel: RgbImage
    plain: RgbImage
    jamb: RgbImage
    door: RgbImage
    rooms: tuple[RgbImage, ...]
    floor: RgbImage
    ceiling: RgbImage
    window: RgbImage
    lift: RgbImage


def make_fabric(seed: int = 1) -> Fabric:
    """Paint the textures; equal seeds give equal ones."""
    rng = np.random.default_rng(seed)
    wall = _wall(DOOR_PITCH_M)
    door_left, door_right = round(DOOR_LEFT_M * PX_PER_M), round((DOOR_LEFT_M + DOOR_M) * PX_PER_M)
    door_top = wall.shape[0] - round(DOOR_HIGH_M * PX_PER_M)
    return Fabric(
        left=wall[:, :door_left].copy(),
        right=wall[:, door_right:].copy(),
        lintel=wall[:door_top, door_left:door_right].copy(),
        plain=_wall(WIDTH_M),
        jamb=materials.to_image(materials.plain((16, 4), (118, 116, 112))),
        door=_door(),
        rooms=tuple(_room(rng) for _ in range(3)),
        floor=_floor(rng),
        ceiling=_ceiling(rng),
        window=_window(),
        lift=_lift(),
    )


def _wall(length_m: float) -> RgbImage:
    """Paint the wall: two tones, a rail to lean trolleys on, a skirting board."""
    high = round(CEILING_M * PX_PER_M)
    wall = materials.plain((high, round(length_m * PX_PER_M)), (222, 220, 210))
    wall[high - 38 :] = (196, 202, 198)
    wall[high - 40 : high - 36] = (140, 122, 98)
    wall[high - 5 :] = (92, 92, 94)
    return materials.to_image(wall)


def _door() -> RgbImage:
    """Paint a beech door with a narrow pane and a handle."""
    leaf = materials.plain(
        (round(DOOR_HIGH_M * PX_PER_M), round(DOOR_M * PX_PER_M)), (186, 148, 104)
    )
    leaf[:, ::3] *= 0.97
    cv2.rectangle(leaf, (0, 0), (leaf.shape[1] - 1, leaf.shape[0] - 1), (112, 110, 108), 2)
    leaf[12:52, 27:33] = (96, 106, 112)
    leaf[44:46, 3:10] = (206, 208, 210)
    leaf[-8:-2, 2:-2] = (168, 170, 172)
    return materials.to_image(leaf)


def _room(rng: np.random.Generator) -> RgbImage:
    """Paint what is seen through an open door: a window, a desk, a screen."""
    room = materials.plain((84, 38), (150, 148, 142))
    room[60:] = (104, 100, 96)
    left = int(rng.integers(2, 16))
    room[14:40, left : left + 18] = (226, 232, 240)
    room[26:28, left : left + 18] = 120.0
    desk = int(rng.integers(0, 14))
    room[52:56, desk : desk + 24] = (152, 118, 84)
    room[42:51, desk + 6 : desk + 17] = (40, 42, 48)
    return materials.to_image(room)


def _floor(rng: np.random.Generator) -> RgbImage:
    """Lay vinyl: speckled, with a darker border along the walls."""
    shape = (round(WIDTH_M * PX_PER_M), round(DOOR_PITCH_M * PX_PER_M))
    floor = materials.plain(shape, (138, 142, 146))
    floor += 3.0 * rng.standard_normal(shape).astype(np.float32)[..., None]
    floor[:8] = floor[-8:] = (98, 106, 116)
    floor[:, :1] *= 0.86
    return materials.to_image(floor)


def _ceiling(rng: np.random.Generator) -> RgbImage:
    """Hang tiles of 60 cm, one of them a lamp."""
    shape = (round(WIDTH_M * PX_PER_M), round(DOOR_PITCH_M * PX_PER_M))
    ceiling = materials.plain(shape, (224, 224, 220))
    ceiling += 4.0 * rng.standard_normal(shape).astype(np.float32)[..., None]
    ceiling[::24] = ceiling[:, ::24] = (184, 184, 182)
    ceiling[37:59, 37:83] = (206, 206, 206)
    ceiling[39:57, 39:81] = 255.0
    return materials.to_image(ceiling)


def _window() -> RgbImage:
    """Paint a bright window behind a thin curtain, with its bars."""
    window = materials.plain((56, 60), (255, 255, 255))
    window[:, 29:31] = window[20:22] = (180, 180, 178)
    cv2.rectangle(window, (0, 0), (59, 55), (180, 180, 178), 3)
    return materials.to_image(window)


def _lift() -> RgbImage:
    """Paint two leaves of brushed steel in their frame."""
    lift = materials.plain((88, 64), (164, 168, 172))
    lift[:, ::2] *= 0.97
    cv2.rectangle(lift, (0, 0), (63, 87), (92, 94, 98), 5)
    lift[4:, 31:33] = (70, 72, 76)
    return materials.to_image(lift)
