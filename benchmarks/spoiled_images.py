# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Images of a camera that sees nothing, of the size of a real one or made of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TypeAlias

import cv2
import numpy as np
from numpy.random import Generator

from avpr_ros.arrays import AnyArray, RgbImage

Spoil: TypeAlias = Callable[[RgbImage, Generator], RgbImage]

#: Share of pixels that are hot, in a dark image.
_HOT_SHARE = 5e-4


def jpeg(image: RgbImage, quality: int) -> RgbImage:
    """Compress and decompress an image."""
    _, data = cv2.imencode('.jpg', image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), dtype=np.uint8)


def _noisy(light: AnyArray, sigma: float, rng: Generator) -> RgbImage:
    levels = np.round(light + rng.normal(0.0, sigma, light.shape))
    return np.clip(levels, 0, 255).astype(np.uint8)


def _uniform(image: RgbImage, rng: Generator, level: float, sigma: float) -> RgbImage:
    return _noisy(np.full(image.shape, level), sigma, rng)


def _hot_pixels(image: RgbImage, rng: Generator) -> RgbImage:
    """Fixed pattern of the columns, read noise, hot pixels."""
    height, width = image.shape[:2]
    columns = np.broadcast_to(3.0 + rng.normal(0.0, 1.0, (1, width, 1)), image.shape)
    dark = _noisy(columns, 3.0, rng)
    hot = rng.random((height, width)) < _HOT_SHARE
    dark[hot] = rng.integers(60, 255, (int(hot.sum()), 1))
    return dark


def _light_leak(image: RgbImage, rng: Generator, top: float) -> RgbImage:
    """A covered lens, with light that enters at a corner."""
    height, width = image.shape[:2]
    y, x = np.mgrid[:height, :width]
    corner = rng.integers(0, 2, 2)
    squares = (x / width - corner[0]) ** 2 + (y / height - corner[1]) ** 2
    light = 3.0 + top * np.exp(-squares / 0.35**2)
    return _noisy(np.repeat(light[..., np.newaxis], 3, axis=2), 3.0, rng)


def _wall(image: RgbImage, rng: Generator, sigma: float) -> RgbImage:
    """A bare wall under uneven light."""
    height, width = image.shape[:2]
    y, x = np.mgrid[:height, :width]
    slope, bend = rng.normal(0.0, 1.0, 2)
    light = 150.0 + 40 * slope * (x / width - 0.5) - 30 * bend * (y / height - 0.5) ** 2
    return _noisy(np.repeat(light[..., np.newaxis], 3, axis=2), sigma, rng)


def _defocused(image: RgbImage, rng: Generator, radius: float) -> RgbImage:
    radius_px = max(1, round(radius * image.shape[1]))
    side_px = 2 * radius_px + 1
    disk = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side_px, side_px)).astype(np.float32)
    return _noisy(np.asarray(cv2.filter2D(image, -1, disk / disk.sum())), 1.0, rng)


def _smeared(image: RgbImage, rng: Generator, length: float) -> RgbImage:
    """Motion along a straight line, in any direction."""
    length_px = max(3, round(length * image.shape[1]))
    kernel = np.zeros((length_px, length_px), np.float32)
    middle, angle_rad = (length_px - 1) / 2, rng.uniform(0.0, np.pi)
    for part in np.linspace(-middle, middle, 4 * length_px):
        row, column = middle + part * np.sin(angle_rad), middle + part * np.cos(angle_rad)
        kernel[round(row), round(column)] += 1
    return _noisy(np.asarray(cv2.filter2D(image, -1, kernel / kernel.sum())), 1.0, rng)


def _fogged(image: RgbImage, rng: Generator, contrast: float, sigma: float) -> RgbImage:
    blurred = cv2.GaussianBlur(image, (0, 0), sigma * image.shape[1]).astype(np.float64)
    return _noisy(170.0 + contrast * (blurred - blurred.mean()), 2.0, rng)


def _smooth_noise(image: RgbImage, rng: Generator) -> RgbImage:
    """Noise that demosaicing has made smooth."""
    noise = _uniform(image, rng, 128.0, 70.0)
    return np.asarray(cv2.GaussianBlur(noise, (0, 0), 1.0), dtype=np.uint8)


SPOILERS: Mapping[str, Spoil] = {
    'black, sigma 1': partial(_uniform, level=1.0, sigma=1.0),
    'black, sigma 4': partial(_uniform, level=4.0, sigma=4.0),
    'black at high gain, sigma 15': partial(_uniform, level=25.0, sigma=15.0),
    'black, hot pixels and columns': _hot_pixels,
    'white': partial(_uniform, level=254.0, sigma=1.0),
    'overexposed, sigma 4': partial(_uniform, level=240.0, sigma=4.0),
    'covered, light leak of 40': partial(_light_leak, top=40.0),
    'covered, light leak of 120': partial(_light_leak, top=120.0),
    'wall, sigma 2': partial(_wall, sigma=2.0),
    'wall, sigma 8': partial(_wall, sigma=8.0),
    'noise, sigma 20': partial(_uniform, level=128.0, sigma=20.0),
    'noise, sigma 70': partial(_uniform, level=128.0, sigma=70.0),
    'demosaiced noise, sigma 70': _smooth_noise,
    'fogged, contrast 0.1, sigma 0.02': partial(_fogged, contrast=0.1, sigma=0.02),
    'fogged, contrast 0.2, sigma 0.04': partial(_fogged, contrast=0.2, sigma=0.04),
    'defocused, radius 0.03': partial(_defocused, radius=0.03),
    'defocused, radius 0.05': partial(_defocused, radius=0.05),
    'defocused, radius 0.08': partial(_defocused, radius=0.08),
    'motion, length 0.1': partial(_smeared, length=0.1),
    'motion, length 0.2': partial(_smeared, length=0.2),
    'motion, length 0.3': partial(_smeared, length=0.3),
}
