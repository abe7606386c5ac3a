# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Views of a gallery image as another drive might see it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
import math
from typing import Any

import numpy as np

from avpr_ros.arrays import RgbImage
from avpr_ros.errors import ConfigError
from avpr_ros.runtime.preprocess import squash
from avpr_ros.training.augmentation.geometric import occlude, warp
from avpr_ros.training.augmentation.light import NIGHT, WINTER, Greyscale, changed
from avpr_ros.training.augmentation.photometric import (
    add_noise,
    blur,
    compress,
    relight,
    shade,
)


@dataclass(frozen=True)
class Augmentation:
    """Ranges of the changes; zero switches one off. Units as in the functions that make them.

    Attributes:
        plain_share: share of views that are the image itself.
        each_share: share of views that get each of shade, occluder, blur, noise and compression.
        night: share of views as at night: lamps, headlights, gain, noise, colour cast, grey.
        winter: share of views as in winter: snow, haze.
        grey: share of views without colour.
    """

    plain_share: float = 0.1
    each_share: float = 0.3
    zoom: float = 0.3
    shift: float = 0.05
    rotation_rad: float = math.radians(5)
    perspective: float = 0.04
    exposure_stops: float = 0.8
    gamma: float = 0.4
    white_balance: float = 0.15
    saturation: float = 0.5
    shading: float = 0.5
    occluder: float = 0.4
    blur_px: float = 1.5
    noise: float = 12.0
    jpeg_quality: int = 30
    night: float = 0.0
    winter: float = 0.0
    grey: float = 0.0

    @classmethod
    def changed(cls, assignments: Sequence[str]) -> Augmentation:
        """Return the default with some ranges changed.

        Args:
            assignments: each ``NAME=NUMBER`` with a name from the attributes.

        Raises:
            ConfigError: no such name, or no finite number of 0 or more.
        """
        kinds = {name: type(value) for name, value in asdict(cls()).items()}
        values: dict[str, Any] = {}
        for assignment in assignments:
            name, _, text = assignment.partition('=')
            if name not in kinds:
                raise ConfigError(f'no augmentation {name!r}; there are {sorted(kinds)}')
            try:
                values[name] = kinds[name](text)
            except ValueError as error:
                raise ConfigError(
                    f'augmentation {assignment!r} has no number; give NAME=NUMBER, 0 for off'
                ) from error
            if not 0 <= values[name] < math.inf:
                raise ConfigError(f'augmentation {assignment!r} is out of range; use 0 or more')
        return cls(**values)

    def view(self, image: RgbImage, size_px: int, rng: np.random.Generator) -> RgbImage:
        """Return one view, (size_px, size_px, 3) uint8; the same for the same state of ``rng``."""
        if rng.random() < self.plain_share:
            return squash(image, size_px)
        view = self._seen_from_elsewhere(image, size_px, rng)
        view = relight(
            view,
            rng,
            exposure_stops=self.exposure_stops,
            gamma=self.gamma,
            white_balance=self.white_balance,
            saturation=self.saturation,
        )
        shaded, covered, blurred, noisy, compressed = rng.random(5) < self.each_share
        if shaded and self.shading:
            view = shade(view, rng, self.shading)
        if covered and self.occluder:
            view = occlude(view, rng, self.occluder)
        if self.night and rng.random() < self.night:
            view = changed(view, NIGHT, rng)
        if self.winter and rng.random() < self.winter:
            view = changed(view, WINTER, rng)
        if self.grey:
            view = changed(view, (Greyscale(self.grey),), rng)
        if blurred and self.blur_px:
            view = blur(view, rng, self.blur_px)
        if noisy and self.noise:
            view = add_noise(view, rng, self.noise)
        if compressed and self.jpeg_quality:
            view = compress(view, rng, self.jpeg_quality)
        return view

    def _seen_from_elsewhere(
        self, image: RgbImage, size_px: int, rng: np.random.Generator
    ) -> RgbImage:
        # Shrinking first keeps the warp from skipping pixels.
        small = squash(image, max(size_px, min(*image.shape[:2], size_px * 5 // 4)))
        return warp(
            small,
            size_px,
            rng,
            zoom=self.zoom,
            shift=self.shift,
            rotation_rad=self.rotation_rad,
            perspective=self.perspective,
        )


#: Stronger than what the network is trained on, for held-out views.
STRONG = Augmentation(
    plain_share=0.0,
    each_share=0.5,
    zoom=0.4,
    shift=0.08,
    rotation_rad=math.radians(6),
    perspective=0.05,
    exposure_stops=1.0,
    gamma=0.5,
    white_balance=0.2,
    occluder=0.5,
    blur_px=2.0,
    noise=15.0,
    jpeg_quality=25,
)
