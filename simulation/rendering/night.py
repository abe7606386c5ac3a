# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Light at night: the robot's headlights, lamps, surfaces that shine, a dark sky.

Lamps light what faces them, through whatever stands between: there are no shadows at night.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import RgbImage
from simulation.rendering.camera import View
from simulation.rendering.sensor import Sensor
from simulation.rendering.world import Position, Surface
from simulation.town.materials import Colour

Element = TypeVar('Element', np.float32, np.bool_)
#: A texture's pixel with a channel of this level shines by itself; others end at ``DULL``.
SHINES, DULL = 255, 250
#: Headlights: below the camera, to either side, half the width of the cone, and their dip.
_BELOW_M, _ASIDE_M, _CONE_RAD, _DIP_RAD = 0.85, 0.5, 0.33, 0.03
#: Lamps farther from the camera than this are left out.
_REACH_M = 70.0
#: A surface this near to a lamp is its head.
_HEAD_M = 0.45
_HEAD_CD_M2 = 300.0
#: Share of a lamp's light that does not go down.
_STRAY = 0.2
#: Part of the light that the lens scatters, and how far, in widths of the image.
_GLARE, _GLARE_WIDTH = 0.015, 0.04


@dataclass(frozen=True)
class Night:
    """How the world looks at night.

    Attributes:
        name: for reports.
        headlight_cd: (3,) of each of two headlights, in its middle.
        lamp_cd: (3,) of a lamp, straight down.
        ambient_lux: (3,) from everywhere.
        shining_cd_m2: of surfaces that shine.
        lit_share: of the windows.
        zenith_cd_m2: of the sky overhead.
        horizon_cd_m2: of the sky at the horizon.
        visibility_m: distance at which haze hides two thirds.
        sensor: of the camera.
        seed: of lit windows and noise.
    """

    name: str
    headlight_cd: Colour
    lamp_cd: Colour
    ambient_lux: Colour
    shining_cd_m2: float
    lit_share: float
    zenith_cd_m2: Colour
    horizon_cd_m2: Colour
    visibility_m: float
    seed: int
    sensor: Sensor = field(default_factory=Sensor)


NIGHT = Night(
    'night', (570.0, 600.0, 630.0), (420.0, 300.0, 160.0), (0.08, 0.08, 0.1), 15.0, 0.3,
    (0.012, 0.014, 0.022), (0.06, 0.05, 0.045), 400.0, 5,
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Points:
    """(3, N) points of surfaces in the world, and their unit normals."""

    at_m: NDArray[np.float32]
    normals: NDArray[np.float32]

    def from_lamp(
        self, lamp_m: NDArray[np.floating]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
        """Return (3, N) directions of the light, (N,) squared distance, cosine over it."""
        way = self.at_m - lamp_m.astype(np.float32)[:, None]
        squared = np.maximum((way * way).sum(0), np.float32(0.05))
        way /= np.sqrt(squared)
        facing = np.maximum(-(way * self.normals).sum(0), np.float32(0.0))
        return way, squared, facing / squared


class NightAir:
    """Turns unlit views into photographs at night; the counterpart of ``weather.Air``."""

    def __init__(self, night: Night, lamps_m: Iterable[Position]) -> None:
        """Set up.

        Args:
            night: of the drive.
            lamps_m: where lamps hang, in the world frame.
        """
        self._night = night
        self._lamps = np.array(list(lamps_m), np.float32).reshape(-1, 3)

    def photograph(self, view: View, size_px: tuple[int, int], frame: int) -> RgbImage:
        """Return the picture a camera takes, (H, W, 3) uint8; arguments as those of ``Air``."""
        night = self._night
        rng = np.random.default_rng((night.seed, frame))
        light = self.luminance_cd_m2(view, max(1, view.depth_m.shape[0] // size_px[1]))
        return night.sensor.expose(light, size_px, rng)

    def luminance_cd_m2(self, view: View, step: int = 1) -> NDArray[np.float32]:
        """Return the (H, W, 3) light that reaches the camera, noise-free.

        Args:
            view: unlit.
            step: the illuminance is computed at every ``step``-th ray of each axis, the texture
                at all of them.
        """
        night = self._night
        lux, heads = self._illuminance(view, step)
        reflectance = (view.albedo.astype(np.float32) / 255.0) ** np.float32(2.2)
        light = reflectance * lux / np.float32(np.pi)
        shines = view.albedo.max(-1) >= SHINES
        light[shines] = reflectance[shines] * np.float32(night.shining_cd_m2)
        hue = np.array(night.lamp_cd, np.float32) / max(*night.lamp_cd, 1e-6)
        light[heads] = _HEAD_CD_M2 * hue
        haze = np.exp(-view.depth_m / np.float32(night.visibility_m))[..., None]
        light = light * haze + np.array(night.horizon_cd_m2, np.float32) * (1 - haze)
        light[view.sky] = self._sky(view.rays[view.sky])
        return _with_glare(light)

    def _illuminance(self, view: View, step: int) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Return the (H, W, 3) illuminance, lux, and the (H, W) mask of lamps."""
        night, each = self._night, np.s_[::step, ::step]
        eye = view.points_m[0, 0] - view.rays[0, 0] * view.depth_m[0, 0]
        seen = ~view.sky[each]
        at_m, normals = view.points_m[each][seen], view.normals[each][seen]
        points = _Points(at_m.T.copy(), normals.T.copy())
        near = self._lamps[np.linalg.norm(self._lamps - eye, axis=1) < _REACH_M]
        head, from_lamps = _lamps(points, near)
        from_robot = _headlights(points, eye, view.rays.mean((0, 1)))
        lux = np.full((*seen.shape, 3), night.ambient_lux, np.float32)
        lux[seen] += from_robot[:, None] * np.array(night.headlight_cd, np.float32)
        lux[seen] += from_lamps[:, None] * np.array(night.lamp_cd, np.float32)
        heads = np.zeros(seen.shape, np.bool_)
        heads[seen] = head
        return _enlarged(lux, step), _enlarged(heads, step) & ~view.sky

    def _sky(self, rays: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return (N, 3) the luminance of the sky."""
        elevation = np.arctan2(rays[:, 2], np.hypot(rays[:, 0], rays[:, 1]))
        up = np.clip(elevation, 0, 1)[:, None] ** 0.6
        night = self._night
        sky = np.array(night.horizon_cd_m2) * (1 - up) + np.array(night.zenith_cd_m2) * up
        return np.asarray(sky, np.float32)


def dull(surfaces: Iterable[Surface]) -> list[Surface]:
    """Return surfaces of which none shines, with textures shared as before."""
    textures: dict[int, RgbImage] = {}
    return [
        replace(
            surface,
            texture=textures.setdefault(id(surface.texture), np.minimum(surface.texture, DULL)),
        )
        for surface in surfaces
    ]


def _headlights(
    points: _Points, eye: NDArray[np.float32], ahead: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return (N,) the illuminance of both headlights for an intensity of 1, 1/m²."""
    level = np.array([ahead[0], ahead[1], 0.0]) / np.hypot(ahead[0], ahead[1])
    beam = np.cos(_DIP_RAD) * level - np.sin(_DIP_RAD) * np.array([0.0, 0.0, 1.0])
    left = np.array([-level[1], level[0], 0.0])
    total = np.zeros(points.at_m.shape[1], np.float32)
    for aside_m in (-_ASIDE_M, _ASIDE_M):
        direction, _, share = points.from_lamp(eye + aside_m * left - [0.0, 0.0, _BELOW_M])
        angle = np.arccos(np.clip(beam.astype(np.float32) @ direction, -1.0, 1.0))
        total += share * np.exp(-0.5 * (angle / np.float32(_CONE_RAD)) ** 2)
    return total


def _lamps(
    points: _Points, lamps_m: NDArray[np.float32]
) -> tuple[NDArray[np.bool_], NDArray[np.float32]]:
    """Return (N,) where a lamp itself is, and the illuminance for an intensity of 1, 1/m²."""
    total = np.zeros(points.at_m.shape[1], np.float32)
    heads = np.zeros(total.shape, np.bool_)
    for lamp in lamps_m:
        direction, squared, share = points.from_lamp(lamp)
        total += share * (_STRAY + (1 - _STRAY) * np.clip(-direction[2], 0.0, 1.0))
        heads |= squared < _HEAD_M**2
    return heads, total


def _enlarged(field: NDArray[Element], step: int) -> NDArray[Element]:
    """Return a field with every element repeated along its first two axes."""
    return np.asarray(field.repeat(step, axis=0).repeat(step, axis=1))


def _with_glare(light: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the light with halos around what is bright."""
    small = cv2.resize(light, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    deviation_px = max(_GLARE_WIDTH * small.shape[1], 1e-3)
    halo = cv2.GaussianBlur(small, (0, 0), deviation_px, borderType=cv2.BORDER_REPLICATE)
    wide = cv2.resize(halo, light.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray((1 - _GLARE) * light + _GLARE * wide, np.float32)
