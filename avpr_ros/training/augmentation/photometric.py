# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Changes of light and camera: exposure, colour, contrast, shadows, blur, noise, JPEG."""

from __future__ import annotations

import cv2
import numpy as np

from avpr_ros.arrays import RgbImage


def relight(
    image: RgbImage,
    rng: np.random.Generator,
    *,
    exposure_stops: float,
    gamma: float,
    white_balance: float,
    saturation: float,
) -> RgbImage:
    """Change exposure, tone curve, white balance and saturation at once.

    Args:
        image: (H, W, 3) uint8.
        rng: source of randomness.
        exposure_stops: brightness changes by a factor of up to 2 to this power, either way.
        gamma: exponent of the tone curve within exp(-gamma) to exp(gamma).
        white_balance: each channel's factor within exp(-white_balance) to exp(white_balance).
        saturation: distance to grey is scaled by 1 - saturation to 1 + saturation.
    """
    gain = 2 ** (exposure_stops * rng.uniform(-1, 1))
    gains = gain * np.exp(white_balance * rng.uniform(-1, 1, 3))
    exponent = np.exp(gamma * rng.uniform(-1, 1))
    levels = np.linspace(0, 1, 256)[:, np.newaxis]
    table = 255 * np.clip(gains * levels**exponent, 0, 1)
    bright = cv2.LUT(image, np.ascontiguousarray(table.astype(np.uint8)[np.newaxis]))
    factor = 1 + saturation * rng.uniform(-1, 1)
    grey = cv2.cvtColor(cv2.cvtColor(bright, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    return np.asarray(cv2.addWeighted(bright, factor, grey, 1 - factor, 0), dtype=np.uint8)


def shade(image: RgbImage, rng: np.random.Generator, darkest: float) -> RgbImage:
    """Darken or brighten along a random direction, as the sun or a lamp from one side does.

    Args:
        image: (H, W, 3) uint8.
        rng: source of randomness.
        darkest: the factor runs from 1 - darkest to 1 + darkest across the image at most.
    """
    height, width = image.shape[:2]
    angle, strength = rng.uniform(0, 2 * np.pi), darkest * rng.random()
    y, x = np.linspace(-1, 1, height)[:, np.newaxis], np.linspace(-1, 1, width)
    ramp = 1 + strength * np.clip(np.cos(angle) * x + np.sin(angle) * y, -1, 1)
    shaded = np.clip(image * ramp[:, :, np.newaxis], 0, 255)
    return np.asarray(shaded, dtype=np.uint8)


def blur(image: RgbImage, rng: np.random.Generator, largest_px: float) -> RgbImage:
    """Blur by a Gaussian of random deviation up to ``largest_px`` pixels in x and in y."""
    deviation_x, deviation_y = largest_px * rng.random(2) + 0.1
    blurred = cv2.GaussianBlur(image, (0, 0), deviation_x, sigmaY=deviation_y)
    return np.asarray(blurred, dtype=np.uint8)


def add_noise(image: RgbImage, rng: np.random.Generator, largest: float) -> RgbImage:
    """Add Gaussian noise of random deviation up to ``largest`` levels."""
    noise = rng.normal(0, largest * rng.random(), image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


def compress(image: RgbImage, rng: np.random.Generator, lowest_quality: int) -> RgbImage:
    """Compress as JPEG of random quality from ``lowest_quality`` to 95 and back."""
    quality = int(rng.integers(lowest_quality, 96))
    _, data = cv2.imencode('.jpg', image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), dtype=np.uint8)
