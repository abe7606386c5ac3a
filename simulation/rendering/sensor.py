# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A camera in little light: auto exposure, shot and read noise, white balance, tone curve."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import RgbImage
from simulation.town.materials import Colour, to_image

#: Bisections of the exposure: to a thousandth of a stop.
_BISECTIONS = 16


@dataclass(frozen=True)
class Sensor:
    """A small sensor with automatic exposure.

    Attributes:
        full_well_e: electrons of a saturated pixel.
        read_noise_e: deviation of the noise of reading a pixel, electrons.
        saturation_cd_m2: luminance that saturates at the longest exposure.
        largest_gain: of the amplifier, when the longest exposure is too short.
        mean_level: mean of the linear image that the exposure is set for, 1 saturated.
        grey_world: how far the white balance corrects the mean colour: 0 not, 1 wholly.
        cast: factors of the channels that the white balance leaves.
        gamma: of the tone curve.
    """

    full_well_e: float = 6_000.0
    read_noise_e: float = 7.0
    saturation_cd_m2: float = 40.0
    largest_gain: float = 24.0
    mean_level: float = 0.1
    grey_world: float = 0.5
    cast: Colour = (1.06, 1.0, 0.9)
    gamma: float = 2.2

    def expose(
        self,
        luminance_cd_m2: NDArray[np.float32],
        size_px: tuple[int, int],
        rng: np.random.Generator,
    ) -> RgbImage:
        """Return the picture of (H, W, 3) luminances, of any multiple of the size.

        Args:
            luminance_cd_m2: by channel.
            size_px: width and height.
            rng: of the noise.
        """
        small = cv2.resize(luminance_cd_m2, size_px, interpolation=cv2.INTER_AREA)
        light = small.astype(np.float32)
        total = self._exposure(light)
        gain = max(1.0, total * self.saturation_cd_m2)
        electrons = self.full_well_e * np.minimum(light * total / gain, 1.0)
        counted = rng.poisson(electrons) + self.read_noise_e * rng.standard_normal(light.shape)
        linear = np.clip(gain * counted / self.full_well_e, 0.0, 1.0)
        balanced = np.clip(linear * self._balance(linear), 0.0, 1.0)
        return to_image(255.0 * balanced ** (1.0 / self.gamma) + 0.5)

    def _exposure(self, light: NDArray[np.float32]) -> float:
        """Return the factor from luminance to the linear image, within what the gain allows."""
        most = self.largest_gain / self.saturation_cd_m2
        low, high = np.log2(most) - 20.0, np.log2(most)
        for _ in range(_BISECTIONS):
            middle = (low + high) / 2
            if float(np.minimum(light * 2.0**middle, 1.0).mean()) > self.mean_level:
                high = middle
            else:
                low = middle
        return float(2.0 ** ((low + high) / 2))

    def _balance(self, linear: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return (3,) factors of the channels; green is kept."""
        means = linear.mean((0, 1)) + 1e-4
        grey = (means[1] / means) ** self.grey_world
        return np.asarray(grey * np.array(self.cast))
