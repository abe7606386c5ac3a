# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Other light: what night, winter and haze make of an image of the day.

Every change takes an (H, W, 3) float32 image of 0 to 1 and returns a new one; ranges are the
attributes, and one draw of the random generator lies uniformly within them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import RgbImage

Levels: TypeAlias = NDArray[np.float32]
Range: TypeAlias = tuple[float, float]


class Change(Protocol):
    """One change of an image's light."""

    def __call__(self, image: Levels, rng: np.random.Generator) -> Levels:
        """Return the changed image, (H, W, 3) float32, perhaps beyond 0 to 1."""
        ...


def changed(image: RgbImage, changes: Sequence[Change], rng: np.random.Generator) -> RgbImage:
    """Return an (H, W, 3) uint8 image after some changes, one after the other."""
    levels: Levels = np.asarray(image / 255, np.float32)
    for change in changes:
        levels = change(levels, rng)
    return (255 * np.clip(levels, 0, 1) + 0.5).astype(np.uint8)


@dataclass(frozen=True)
class DarkSky:
    """Blackens a share of skies: what is bright down from the upper edge, in the upper half."""

    share: float = 0.5
    least_level: float = 0.55
    left: Range = (0.0, 0.1)

    def __call__(self, image: Levels, rng: np.random.Generator) -> Levels:
        """See ``Change``."""
        if rng.random() >= self.share:
            return image
        bright = (image.min(axis=2) > self.least_level).astype(np.uint8)
        bright[len(bright) // 2 :] = 0
        _, labels = cv2.connectedComponents(bright, connectivity=4)
        sky = np.isin(labels, labels[0][bright[0] > 0]) & (bright > 0)
        factor = np.where(sky[..., np.newaxis], rng.uniform(*self.left), 1.0)
        return np.asarray(image * factor, np.float32)


@dataclass(frozen=True)
class Lamps:
    """Leaves little light but around lamps, whose light falls off with the distance."""

    most: int = 5
    ambient: Range = (0.03, 0.25)
    strength: Range = (0.3, 1.2)
    radius: Range = (0.1, 0.4)
    warmth: Range = (0.0, 0.6)

    def __call__(self, image: Levels, rng: np.random.Generator) -> Levels:
        """See ``Change``."""
        y, x = _grid(image)
        light = np.full(image.shape[:2], rng.uniform(*self.ambient), np.float32)
        for _ in range(rng.integers(1, self.most + 1)):
            at_x, at_y = rng.random(2)
            squared = ((x - at_x) ** 2 + (y - at_y) ** 2) / rng.uniform(*self.radius) ** 2
            light += np.float32(rng.uniform(*self.strength)) / (1 + squared) ** 2
        warmth = np.float32(rng.uniform(*self.warmth))
        hue = np.array([1 + 0.3 * warmth, 1.0, 1 - warmth], np.float32)
        return np.asarray(image * light[..., np.newaxis] * hue, np.float32)


@dataclass(frozen=True)
class Headlights:
    """Adds the robot's own light: a cone in the lower middle, dark towards the edges."""

    strength: Range = (0.0, 1.0)
    width: Range = (0.2, 0.5)

    def __call__(self, image: Levels, rng: np.random.Generator) -> Levels:
        """See ``Change``."""
        y, x = _grid(image)
        at_x, at_y = rng.uniform(0.35, 0.65), rng.uniform(0.55, 0.8)
        squared = ((x - at_x) ** 2 + (y - at_y) ** 2) / rng.uniform(*self.width) ** 2
        cone = rng.uniform(*self.strength) * np.exp(-0.5 * squared)
        return np.asarray(image * (1 + 2 * cone[..., np.newaxis]), np.float32)


@dataclass(frozen=True)
class AutoExposure:
    """Scales a dark image to a mean level, within the largest gain, and bends its tones."""

    mean_level: Range = (0.15, 0.5)
    largest_gain: float = 8.0
    gamma: Range = (0.5, 1.1)

    def __call__(self, image: Levels, rng: np.random.Generator) -> Levels:
        """See ``Change``."""
        bent = np.clip(image, 0, None) ** np.float32(rng.uniform(*self.gamma))
        gain = rng.uniform(*self.mean_level) / max(float(bent.mean()), 1e-3)
        return np.asarray(np.float32(min(gain, self.largest_gain)) * bent, np.float32)


@dataclass(frozen=True)
class SensorNoise:
    """Adds noise whose variance grows with the light, over a floor of the read-out."""

    read: Range = (0.0, 0.06)
    shot: Range = (0.0, 0.12)

    def __call__(self, image: Levels, rng: np.random.Generator) -> Levels:
        """See ``Change``."""
        read, shot = rng.uniform(*self.read), rng.uniform(*self.shot)
        deviation = np.sqrt(read**2 + shot**2 * np.clip(image, 0, 1))
        noise = rng.standard_normal(image.shape, np.float32)
        return np.asarray(image + deviation * noise, np.float32)


@dataclass(frozen=True)
class ColourCast:
    """Scales the channels, as a white balance that misses does."""

    largest: float = 0.35

    def __call__(self, image: Levels, rng: np.random.Generator) -> Levels:
        """See ``Change``."""
        return np.asarray(image * np.exp(self.largest * rng.uniform(-1, 1, 3)), np.float32)


@dataclass(frozen=True)
class Greyscale:
    """Takes the colour from a share of the images."""

    share: float = 1.0

    def __call__(self, image: Levels, rng: np.random.Generator) -> Levels:
        """See ``Change``."""
        if rng.random() >= self.share:
            return image
        grey = image @ np.array([0.299, 0.587, 0.114], np.float32)
        return np.repeat(grey[..., np.newaxis], 3, axis=2)


@dataclass(frozen=True)
class Haze:
    """Mixes in the grey of the air, more towards the horizon."""

    density: Range = (0.1, 0.6)
    level: Range = (0.55, 0.85)

    def __call__(self, image: Levels, rng: np.random.Generator) -> Levels:
        """See ``Change``."""
        y, _ = _grid(image)
        horizon = np.exp(-0.5 * ((y - rng.uniform(0.35, 0.55)) / 0.3) ** 2)
        share = (rng.uniform(*self.density) * horizon)[..., np.newaxis]
        return np.asarray(image * (1 - share) + rng.uniform(*self.level) * share, np.float32)


@dataclass(frozen=True)
class Snow:
    """Whitens patches of the lower half, where the ground is, and takes colour from the rest."""

    cover: Range = (0.3, 0.95)

    def __call__(self, image: Levels, rng: np.random.Generator) -> Levels:
        """See ``Change``."""
        y, _ = _grid(image)
        coarse = rng.standard_normal((6, 6), np.float32)
        smooth = cv2.resize(coarse, image.shape[1::-1], interpolation=cv2.INTER_CUBIC)
        patches = np.asarray(smooth, np.float32)
        ground = np.clip((y - rng.uniform(0.45, 0.6)) / 0.15, 0, 1)
        cover = np.quantile(patches, 1 - rng.uniform(*self.cover))
        lies = (ground * np.clip((patches - cover) / 0.5 + 0.5, 0, 1))[..., np.newaxis]
        grey = image.mean(axis=2, keepdims=True)
        paler = 0.5 * (image + grey)
        return np.asarray(paler * (1 - 0.9 * lies) + 0.83 * lies, np.float32)


NIGHT: tuple[Change, ...] = (
    DarkSky(), Lamps(), Headlights(), ColourCast(), AutoExposure(), Greyscale(0.5), SensorNoise(),
)  # fmt: skip
WINTER: tuple[Change, ...] = (Snow(), Haze(), ColourCast(0.15))


def _grid(image: Levels) -> tuple[Levels, Levels]:
    """Return (H, 1) and (1, W) coordinates from 0 to 1."""
    height, width = image.shape[:2]
    y = np.linspace(0, 1, height, dtype=np.float32)[:, np.newaxis]
    return y, np.linspace(0, 1, width, dtype=np.float32)[np.newaxis]
