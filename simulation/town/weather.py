# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Light and air of a drive: sun, sky, shadows, haze, tint, exposure, camera noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import RgbImage
from simulation.rendering.camera import View
from simulation.rendering.world import Column, height_field
from simulation.town.materials import Colour, smooth_noise, to_image
from simulation.town.snow import Snow

_CELL_M = 0.25
#: Points are moved off their surface by this much before the shadow look-up.
_BIAS_M = 0.35


@dataclass(frozen=True)
class Weather:
    """How one drive looks; colours are factors of light or 0 to 255 for the sky.

    Attributes:
        name: for reports.
        sun_azimuth_rad: direction of the sun, from east towards north.
        sun_elevation_rad: above the horizon.
        sun: (3,) light of the sun on a surface that faces it.
        ambient: (3,) light of the sky on every surface.
        zenith: colour of the sky overhead.
        horizon: colour of the sky at the horizon and of the haze.
        cloud: 0 clear to 1 overcast.
        visibility_m: distance at which haze hides two thirds.
        noise: deviation of the camera's noise, grey levels.
        seed: of the clouds, the snow and the noise.
        snow: share of the level ground that is white.
    """

    name: str
    sun_azimuth_rad: float
    sun_elevation_rad: float
    sun: Colour
    ambient: Colour
    zenith: Colour
    horizon: Colour
    cloud: float
    visibility_m: float
    noise: float
    seed: int
    snow: float = 0.0

    def sun_direction(self) -> NDArray[np.float32]:
        """Return (3,) the unit vector towards the sun."""
        flat = np.cos(self.sun_elevation_rad)
        return np.array(
            [
                flat * np.cos(self.sun_azimuth_rad),
                flat * np.sin(self.sun_azimuth_rad),
                np.sin(self.sun_elevation_rad),
            ],
            np.float32,
        )


MORNING = Weather(
    'fair morning', 0.9, 0.75, (0.34, 0.33, 0.30), (0.62, 0.64, 0.67),
    (88, 138, 206), (198, 216, 232), 0.35, 420.0, 2.0, 1,
)  # fmt: skip
EVENING = Weather(
    'hazy evening', 2.4, 0.5, (0.29, 0.24, 0.18), (0.57, 0.56, 0.56),
    (120, 136, 172), (226, 208, 188), 0.6, 240.0, 2.5, 2,
)  # fmt: skip
WINTER = Weather(
    'overcast winter noon', 1.6, 0.3, (0.10, 0.10, 0.10), (0.70, 0.73, 0.80),
    (196, 202, 212), (214, 218, 224), 0.9, 140.0, 3.0, 6, 0.85,
)  # fmt: skip


class Air:
    """Turns unlit views into photographs under one weather."""

    def __init__(self, weather: Weather, columns: Sequence[Column]) -> None:
        self._weather = weather
        self._sun = weather.sun_direction()
        xy = np.array([[c.west_m, c.south_m, c.east_m, c.north_m] for c in columns] or [[0.0] * 4])
        self._low = xy[:, :2].min(0) - 20.0
        span = xy[:, 2:].max(0) + 20.0 - self._low
        shape = (int(span[1] / _CELL_M) + 1, int(span[0] / _CELL_M) + 1)
        self._shade_m = _shadow_heights(
            height_field(columns, self._low, shape, _CELL_M), self._sun, _CELL_M
        )
        self._clouds = _clouds(weather)
        self._snow = Snow(weather.snow, weather.seed) if weather.snow else None

    def photograph(self, view: View, size_px: tuple[int, int], frame: int) -> RgbImage:
        """Return the picture a camera takes, (H, W, 3) uint8.

        Args:
            view: unlit, of any multiple of the size.
            size_px: width and height.
            frame: number of the frame, for its noise.
        """
        weather = self._weather
        facing = np.clip(view.normals @ self._sun, 0, 1) * self._sunlit(view)
        light = np.array(weather.ambient, np.float32) * (0.8 + 0.2 * view.normals[..., 2:])
        light += facing[..., None] * np.array(weather.sun, np.float32)
        colour = (view.albedo if self._snow is None else self._snow.on(view)) * light
        haze = np.exp(-view.depth_m / weather.visibility_m)[..., None]
        colour = colour * haze + np.array(weather.horizon, np.float32) * (1 - haze)
        colour[view.sky] = self._sky(view.rays[view.sky])
        return expose(colour, size_px, weather.noise, (weather.seed, frame))

    def _sunlit(self, view: View) -> NDArray[np.float32]:
        """Return (H, W) the share of the sun that reaches each point."""
        points = view.points_m + _BIAS_M * view.normals
        x = (points[..., 0] - np.float32(self._low[0])) / _CELL_M
        y = (points[..., 1] - np.float32(self._low[1])) / _CELL_M
        shade = cv2.remap(self._shade_m, x, y, cv2.INTER_LINEAR)
        return np.clip((points[..., 2] - shade) / 0.4 + 0.5, 0, 1)

    def _sky(self, rays: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return (N, 3) the sky's colour: a gradient, clouds, hills at the horizon."""
        weather = self._weather
        flat = np.hypot(rays[:, 0], rays[:, 1])
        elevation = np.arctan2(rays[:, 2], flat)
        azimuth = np.arctan2(rays[:, 1], rays[:, 0])
        up = np.clip(elevation / 1.0, 0, 1)[:, None] ** 0.6
        colour = np.array(weather.horizon) * (1 - up) + np.array(weather.zenith) * up
        rows, columns = self._clouds.shape
        row = np.clip(elevation / 1.2 * rows, 0, rows - 1).astype(int)
        column = ((azimuth / (2 * np.pi) + 0.5) * (columns - 1)).astype(int)
        cloud = self._clouds[row, column][:, None]
        colour = colour * (1 - cloud) + (0.5 * np.array(weather.horizon) + 122) * cloud
        hills = 0.035 + 0.018 * np.sin(3 * azimuth + 1) + 0.012 * np.sin(7 * azimuth)
        far = elevation < hills
        colour[far] = 0.62 * np.array(weather.horizon) + 0.3 * np.array([70.0, 96.0, 84.0])
        return np.asarray(colour, np.float32)


def expose(
    colour: NDArray[np.float32], size_px: tuple[int, int], noise: float, seed: tuple[int, int]
) -> RgbImage:
    """Return what the sensor makes of the light: its size, an uncertain exposure, noise.

    Args:
        colour: (H, W, 3) 0 to 255, of any multiple of the size.
        size_px: width and height.
        noise: deviation, grey levels.
        seed: of the drive and the frame.
    """
    rng = np.random.default_rng(seed)
    gain = 1.0 + 0.03 * rng.standard_normal()
    small = cv2.resize(colour, size_px, interpolation=cv2.INTER_AREA) * gain
    return to_image(small + noise * rng.standard_normal(small.shape, np.float32))


def _shadow_heights(
    heights_m: NDArray[np.float32], sun: NDArray[np.float32], cell_m: float
) -> NDArray[np.float32]:
    """Return below which height each cell lies in shadow, metres.

    A point sees the sun if no column on the way to it reaches above the ray: the shadow's height
    is the most of ``height(x + t u) - t tan(elevation)`` over the distances t.
    """
    flat = float(np.hypot(sun[0], sun[1]))
    slope = float(sun[2]) / flat
    shade = np.full_like(heights_m, -1.0)
    steps = int(heights_m.max() / slope / cell_m)
    for step in range(1, steps + 1):
        shift = np.array(
            [[1, 0, -step * sun[0] / flat], [0, 1, -step * sun[1] / flat]], np.float32
        )
        moved = cv2.warpAffine(heights_m, shift, heights_m.shape[::-1], flags=cv2.INTER_NEAREST)
        np.maximum(shade, moved - step * cell_m * slope, out=shade)
    return shade


def _clouds(weather: Weather) -> NDArray[np.float32]:
    """Return an elevation x azimuth picture of cloud cover, 0 to 1."""
    rng = np.random.default_rng(weather.seed)
    shape = (128, 1024)
    field = smooth_noise(shape, (7, 26), rng) + 0.6 * smooth_noise(shape, (16, 70), rng)
    field += 0.3 * smooth_noise(shape, (40, 200), rng)
    seam = np.linspace(0, 1, 64, dtype=np.float32)
    field[:, -64:] = field[:, -64:] * (1 - seam) + field[:, :1] * seam
    return np.clip((field + 2.6 * weather.cloud - 1.3) * 0.3, 0, 0.45).astype(np.float32)
