# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A drawn building: one corridor around a courtyard, with what hangs on its walls.

All walls are vertical and the camera is level, so that every column of a picture shows one wall at
one depth: a picture is one lookup in the drawing of the walls.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from avpr_ros.arrays import FloatArray, RgbImage
from avpr_ros.poses import Pose
from avpr_ros.sources.frame import CameraIntrinsics

WIDTH_PX, HEIGHT_PX, FOCAL_PX = 320, 240, 190.0
CAMERA_HEIGHT_M = 1.2
#: Half sides of the outer and of the inner wall, in metres.
OUTER_M, INNER_M = (11.0, 8.0), (7.0, 4.0)
_CEILING_M = 2.8
_PX_PER_M = 64
#: Side of a floor tile, and of the drawing that is repeated on floor and ceiling.
_TILE_M, _FLOOR_M = 0.5, 8.0
_GREYS = (np.array([205, 198, 186]), np.array([120, 112, 104]), np.array([225, 224, 220]))


@dataclass(frozen=True)
class Light:
    """How a drive is lit.

    Attributes:
        gain: of red, green and blue.
        noise: standard deviation in grey levels.
    """

    gain: tuple[float, float, float] = (1.0, 1.0, 1.0)
    noise: float = 2.0


class Building:
    """The corridor, drawn once by a seed."""

    def __init__(self, seed: int = 7) -> None:
        """Draw walls, floor and ceiling."""
        random = np.random.default_rng(seed)
        self._starts, self._ends = _segments()
        lengths_m = np.linalg.norm(self._ends - self._starts, axis=1)
        self._offsets_m = np.concatenate([[0.0], np.cumsum(lengths_m)[:-1]])
        self._walls = _draw_walls(float(lengths_m.sum()), random)
        self._floor = _draw_floor(random)
        self._ceiling = _draw_ceiling(random)

    def picture(self, camera: Pose, light: Light, seed: int) -> RgbImage:
        """Return the (240, 320, 3) picture of a level camera.

        Args:
            camera: its position in the map, with the heading of the robot.
            light: of the drive.
            seed: of the noise.
        """
        x, y, yaw = *camera.translation_m[:2], camera.yaw_rad()
        tangents = (np.arange(WIDTH_PX) - (WIDTH_PX - 1) / 2) / FOCAL_PX
        forward, right = (
            np.array([np.cos(yaw), np.sin(yaw)]),
            np.array([np.sin(yaw), -np.cos(yaw)]),
        )
        rays = forward + tangents[:, None] * right
        depth_m, along_m = self._hits(np.array([x, y]), rays)
        slopes = (np.arange(HEIGHT_PX) - (HEIGHT_PX - 1) / 2)[:, None] / FOCAL_PX
        height_m = CAMERA_HEIGHT_M - slopes * depth_m
        image = _look_up(self._walls, along_m[None] + 0 * height_m, _CEILING_M - height_m)
        for level_m, drawing, chosen in (
            (0.0, self._floor, height_m < 0.0),
            (_CEILING_M, self._ceiling, height_m > _CEILING_M),
        ):
            with np.errstate(divide='ignore'):
                reach_m = (CAMERA_HEIGHT_M - level_m) / np.where(chosen, slopes, 1.0)
            at_m = np.array([x, y]) + reach_m[..., None] * rays
            flat = _look_up(drawing, at_m[..., 0] % _FLOOR_M, at_m[..., 1] % _FLOOR_M)
            image = np.where(chosen[..., None], flat, image)
        noise = np.random.default_rng(seed).normal(0.0, light.noise, image.shape)
        shaded = image * (np.array(light.gain) / (1 + 0.02 * depth_m[None, :, None])) + noise
        return np.clip(shaded, 0, 255).astype(np.uint8)

    def _hits(self, origin: FloatArray, rays: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return for each ray of depth 1 the depth of the nearest wall and where it is hit."""
        sides = self._ends - self._starts
        to_start = self._starts - origin
        cross = rays[:, None, 0] * sides[:, 1] - rays[:, None, 1] * sides[:, 0]
        with np.errstate(divide='ignore', invalid='ignore'):
            depth = (to_start[:, 0] * sides[:, 1] - to_start[:, 1] * sides[:, 0]) / cross
            share = (to_start[:, 0] * rays[:, None, 1] - to_start[:, 1] * rays[:, None, 0]) / cross
        hit = (depth > 1e-6) & (share >= 0) & (share <= 1)
        depth = np.where(hit, depth, np.inf)
        nearest = depth.argmin(axis=1)
        rows = np.arange(len(rays))
        lengths_m = np.linalg.norm(sides, axis=1)
        along_m = self._offsets_m[nearest] + share[rows, nearest] * lengths_m[nearest]
        return depth[rows, nearest], along_m


def intrinsics() -> CameraIntrinsics:
    """Return the camera's intrinsics as in ``camera_info``."""
    k = (FOCAL_PX, 0.0, (WIDTH_PX - 1) / 2, 0.0, FOCAL_PX, (HEIGHT_PX - 1) / 2, 0.0, 0.0, 1.0)
    return CameraIntrinsics(WIDTH_PX, HEIGHT_PX, 'plumb_bob', k, (0.0,) * 5)


def _segments() -> tuple[FloatArray, FloatArray]:
    """Return (8, 2) starts and ends of the walls in metres."""
    corners = np.array([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]])
    # Seen from the corridor, each wall leads from left to right.
    outer, inner = corners[::-1] * np.array(OUTER_M), corners * np.array(INNER_M)
    ends = [np.roll(ring, -1, axis=0) for ring in (outer, inner)]
    return np.vstack([outer, inner]), np.vstack(ends)


def _draw_walls(length_m: float, random: np.random.Generator) -> RgbImage:
    height_px, width_px = round(_CEILING_M * _PX_PER_M), round(length_m * _PX_PER_M)
    image = np.empty((height_px, width_px, 3), np.uint8)
    image[:] = _GREYS[0]
    image[-10:] = (90, 80, 70)  # skirting
    x_px = 20
    while x_px < width_px - 120:
        width = int(random.integers(30, 110))
        door = random.random() < 0.2
        high = 140 if door else int(random.integers(30, 90))
        top = height_px - 10 - high if door else int(random.integers(25, 100))
        _draw_panel(image[top : top + high, x_px : x_px + width], random)
        x_px += width + int(random.integers(4, 40))
    return _speckled(image, 5.0, random)


def _draw_panel(panel: RgbImage, random: np.random.Generator) -> None:
    """Draw a poster, a door or a board with figures and letters of its own."""
    height, width = panel.shape[:2]
    panel[:] = random.integers(40, 235, 3)
    for _ in range(int(random.integers(6, 16))):
        colour = tuple(int(v) for v in random.integers(0, 256, 3))
        x, y = int(random.integers(0, width)), int(random.integers(0, height))
        size = int(random.integers(4, 22))
        kind = random.integers(0, 4)
        if kind == 0:
            cv2.circle(panel, (x, y), size // 2, colour, -1)
        elif kind == 1:
            cv2.rectangle(panel, (x, y), (x + size, y + size // 2), colour, -1)
        elif kind == 2:
            end = (int(random.integers(0, width)), int(random.integers(0, height)))
            cv2.line(panel, (x, y), end, colour, 2)
        else:
            letters = ''.join(chr(int(c)) for c in random.integers(65, 91, 3))
            cv2.putText(panel, letters, (x // 2, y), cv2.FONT_HERSHEY_SIMPLEX, 0.6, colour, 2)
    cv2.rectangle(panel, (0, 0), (width - 1, height - 1), (50, 45, 40), 2)


def _draw_floor(random: np.random.Generator) -> RgbImage:
    size = round(_FLOOR_M * _PX_PER_M)
    tiles = round(_FLOOR_M / _TILE_M)
    shades = random.integers(-14, 15, (tiles, tiles, 1)) + _GREYS[1]
    image = cv2.resize(shades.astype(np.uint8), (size, size), interpolation=cv2.INTER_NEAREST)
    image[:: size // tiles] = 70
    image[:, :: size // tiles] = 70
    return _speckled(image, 4.0, random)


def _draw_ceiling(random: np.random.Generator) -> RgbImage:
    size = round(_FLOOR_M * _PX_PER_M)
    image = np.empty((size, size, 3), np.uint8)
    image[:] = _GREYS[2]
    for x, y in random.integers(0, size - 60, (10, 2)):
        cv2.rectangle(image, (int(x), int(y)), (int(x) + 60, int(y) + 16), (255, 255, 250), -1)
    return _speckled(image, 2.0, random)


def _speckled(image: RgbImage, level: float, random: np.random.Generator) -> RgbImage:
    noise = random.normal(0.0, level, image.shape[:2])[..., None]
    return np.clip(image + noise, 0, 255).astype(np.uint8)


def _look_up(drawing: RgbImage, x_m: FloatArray, y_m: FloatArray) -> RgbImage:
    """Return the colours of a drawing at positions in metres."""
    x_px, y_px = ((v * _PX_PER_M - 0.5).astype(np.float32) for v in (x_m, y_m))
    found = cv2.remap(drawing, x_px, y_px, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(found, dtype=np.uint8)
