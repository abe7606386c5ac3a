# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Whether an image shows anything by which a place could be recognised.

Measured on reduced copies, where sensor noise is averaged out and every camera has the same size:

* The structure is the smaller eigenvalue of the structure tensor in its strongest hundredth, as a
  gradient: next to nothing in the dark, in overexposure, at a wall, behind a hand or a light leak,
  whose brightness rises in one direction at each point.
* The gradients of white noise are Rayleigh distributed: their strongest hundredth is 2.6 times
  the median, and they fall with the scale. Those of scenes are sparse and persist.
* An edge is spread as widely as the image is blurred: its slope at the finest scale is compared
  with that at a coarse one, in the direction that is blurred most.
"""

from __future__ import annotations

from dataclasses import dataclass
import math

import cv2
import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import RgbImage

#: Longer sides of the reduced copies, in pixels.
_FINE_PX, _WORKING_PX, _COARSE_PX = 192, 64, 16
#: Share of an image's pixels whose gradients count as its strongest.
_STRONGEST = 0.01
#: Least structure, in grey levels a pixel of the working copy.
MIN_STRUCTURE = 2.5
#: Noise has a ratio of strongest to median gradients below the one, and gradients that fall with
#: the scale by more than the other, 1 being that of white noise.
MIN_SPARSITY, _NOISE_DECAY = 3.2, 0.36
#: Largest spread of the edges as a share of the longer side, and the spread by the pixels of the
#: copy itself, which add up as variances.
_MAX_SPREAD, _PIXEL_SPREAD_PX = 0.06, 4.5
#: Mean grey levels of an image without structure below and above which it is dark or overexposed.
_DARK, _BRIGHT = 40.0, 225.0
_DIRECTIONS_RAD = np.arange(8) * (math.pi / 8)
#: Hot pixels are removed from images at least this many times larger than the working copy.
_HOT_PIXEL_FACTOR = 2
_SMALLEST = 1e-3

Grey = NDArray[np.float32]


@dataclass(frozen=True)
class VisibleStructure:
    """What was measured on one image.

    Attributes:
        mean: mean grey level, 0 to 255.
        structure: smaller eigenvalue of the structure tensor in its strongest hundredth, as a
            gradient in grey levels a pixel.
        sparsity: strongest hundredth of the gradients over their median.
        decay: gradients at the finest scale over those at the coarse one, and over the ratio of
            these scales.
        spread: spread of the edges in the most blurred direction, a share of the longer side.
        max_spread: its limit at the size of this image.
    """

    mean: float
    structure: float
    sparsity: float
    decay: float
    spread: float
    max_spread: float

    @property
    def fault(self) -> str | None:
        """Why nothing can be recognised: measurement, limit and remedy; None where it can."""
        if self.structure < MIN_STRUCTURE:
            kind, remedy = self._without_structure()
            return (
                f'it is {kind}, mean grey level {self.mean:.0f}, and its structure is '
                f'{self.structure:.1f} grey levels a pixel, at least {MIN_STRUCTURE:g} are '
                f'needed; {remedy}'
            )
        if self.sparsity < MIN_SPARSITY and self.decay > _NOISE_DECAY:
            return (
                'it is noise, its strongest gradients are '
                f'{self.sparsity:.1f} times the median, at least {MIN_SPARSITY:g} times are '
                'needed; check the camera, its gain and its cable'
            )
        if self.spread > self.max_spread:
            return (
                f'it is blurred, its edges are spread over {self.spread:.1%} of its longer side, '
                f'at most {self.max_spread:.1%} are allowed; focus or wipe the lens, shorten the '
                'exposure or move slower'
            )
        return None

    def _without_structure(self) -> tuple[str, str]:
        if self.mean < _DARK:
            return 'dark', 'uncover the lens or switch on a light'
        if self.mean > _BRIGHT:
            return 'overexposed', 'limit the exposure of the camera'
        return 'uniform', 'uncover or wipe the lens, or look at something other than a bare wall'


def nothing_visible(image: RgbImage) -> str | None:
    """Return why nothing can be recognised in an (H, W, 3) uint8 image; None where it can."""
    return measure_structure(image).fault


def measure_structure(image: RgbImage) -> VisibleStructure:
    """Measure the visible structure of an (H, W, 3) uint8 RGB image."""
    grey = np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8)
    if max(grey.shape) >= _HOT_PIXEL_FACTOR * _WORKING_PX:
        grey = np.asarray(cv2.medianBlur(grey, 3), np.uint8)
    fine = _whole_reduction(grey).astype(np.float32)
    working = _reduced(fine, _WORKING_PX)
    coarse = _reduced(working, _COARSE_PX * max(working.shape) / _WORKING_PX)
    eigenvalues = np.asarray(cv2.cornerMinEigenVal(working, 3), np.float32)
    smaller = np.sqrt(np.maximum(eigenvalues, 0))
    slopes = [
        np.asarray(cv2.magnitude(*_gradients(copy)), np.float32)
        for copy in (fine, working, coarse)
    ]
    at_fine, strongest, at_coarse = (_upper(slope, _STRONGEST) for slope in slopes)
    return VisibleStructure(
        float(working.mean()),
        _upper(smaller, _STRONGEST),
        strongest / max(_upper(slopes[1], 0.5), _SMALLEST),
        at_fine / max(at_coarse, _SMALLEST) * max(coarse.shape) / max(fine.shape),
        _spread(fine, coarse),
        math.hypot(_MAX_SPREAD, _PIXEL_SPREAD_PX / max(fine.shape)),
    )


def _spread(fine: Grey, coarse: Grey) -> float:
    """Return the width of edges as a share of the longer side, by the most blurred direction.

    A step that the coarse copy resolves has a slope of half its height a pixel there.
    """
    ratio = float((_slopes(fine) / np.maximum(_slopes(coarse), _SMALLEST)).min())
    return 2 / max(ratio, _SMALLEST) / max(fine.shape)


def _slopes(copy: Grey) -> NDArray[np.float64]:
    """Return the fourth power means of the derivatives in eight directions.

    Those of all directions follow from five moments; high powers weigh the edges.
    """
    x, y = _gradients(copy)
    xx, xy, yy = x * x, x * y, y * y
    moments = [
        float((a * b).mean()) for a, b in ((xx, xx), (xx, xy), (xx, yy), (xy, yy), (yy, yy))
    ]
    c, s = np.cos(_DIRECTIONS_RAD), np.sin(_DIRECTIONS_RAD)
    terms = zip((1, 4, 6, 4, 1), moments, range(5), strict=True)
    fourth = sum(n * moment * c ** (4 - power) * s**power for n, moment, power in terms)
    return np.asarray(np.maximum(fourth, 0.0) ** 0.25, dtype=np.float64)


def _gradients(copy: Grey) -> tuple[Grey, Grey]:
    x = cv2.Sobel(copy, cv2.CV_32F, 1, 0, scale=1 / 8)
    y = cv2.Sobel(copy, cv2.CV_32F, 0, 1, scale=1 / 8)
    return np.asarray(x, np.float32), np.asarray(y, np.float32)


def _upper(values: Grey, share: float) -> float:
    """Return the value that a share of the values reach."""
    flat = values.ravel()
    rank = flat.size - max(1, round(share * flat.size))
    return float(np.partition(flat, rank)[rank])


def _whole_reduction(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the mean of whole blocks of pixels, a third of the cost of any other factor."""
    factor = -(-max(grey.shape) // _FINE_PX)
    height, width = (side // factor for side in grey.shape)
    if factor == 1 or min(height, width) == 0:
        return grey
    whole = grey[: height * factor, : width * factor]
    return np.asarray(cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _reduced(copy: Grey, longer_px: float) -> Grey:
    height, width = copy.shape
    scale = longer_px / max(height, width)
    if scale >= 1:
        return copy
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(cv2.resize(copy, size, interpolation=cv2.INTER_AREA), np.float32)
