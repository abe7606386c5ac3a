# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Brightness, sharpness and motion of the images of a drive, measured on reduced copies."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import IntArray, RgbImage
from avpr_ros.errors import ImageDecodeError
from avpr_ros.sources.frame import StampedImage
from avpr_ros.sources.images.visible_structure import nothing_visible

#: Widths at which sharpness and motion are measured.
_SHARP_PX, _MOTION_PX = 320, 128
#: Of long drives, stretches of this many images are measured, and no more than so many in all.
_STRETCH, _MOST_IMAGES = 30, 1500


@dataclass
class ImageStatistics:
    """Measurements of N images of one camera, in stamp order.

    Attributes:
        stamps: stamps in nanoseconds.
        means: mean grey level, 0 to 255.
        sharpness: energy of the Laplacian over the variance of the grey levels.
        shifts: (u, v) motion of the picture since the image before, as a share of its width.
        responses: peak of the phase correlation, 0 to 1; 0 where the image before is not known.
        changes: mean absolute difference to the image before, grey levels; NaN likewise.
        similarities: correlation with the image before; NaN likewise.
        faults: why nothing is visible; empty where something is.
    """

    stamps: list[int] = field(default_factory=list)
    means: list[float] = field(default_factory=list)
    sharpness: list[float] = field(default_factory=list)
    shifts: list[tuple[float, float]] = field(default_factory=list)
    responses: list[float] = field(default_factory=list)
    changes: list[float] = field(default_factory=list)
    similarities: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    _previous: NDArray[np.float32] | None = None

    @property
    def stamps_ns(self) -> IntArray:
        """Return the stamps as (N,) int64."""
        return np.array(self.stamps, dtype=np.int64)

    def add(self, stamp_ns: int, image: RgbImage) -> None:
        """Measure the next image."""
        grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
        medium = _reduced(grey, _SHARP_PX)
        small = _reduced(grey, _MOTION_PX).astype(np.float32)
        laplacian = cv2.Laplacian(medium, cv2.CV_32F)
        self.stamps.append(stamp_ns)
        self.faults.append(nothing_visible(image) or '')
        self.means.append(float(medium.mean()))
        self.sharpness.append(float(laplacian.var() / (medium.astype(np.float32).var() + 1.0)))
        self._compare(small)
        self._previous = small

    def interrupt(self) -> None:
        """Forget the image before: the next one does not follow it."""
        self._previous = None

    def _compare(self, small: NDArray[np.float32]) -> None:
        before = self._previous
        if before is None or before.shape != small.shape:
            self.shifts.append((0.0, 0.0))
            self.responses.append(0.0)
            self.changes.append(float('nan'))
            self.similarities.append(float('nan'))
            return
        window = cv2.createHanningWindow((small.shape[1], small.shape[0]), cv2.CV_32F)
        # OpenCV multiplies its inputs by the window in place
        (u, v), response = cv2.phaseCorrelate(before.copy(), small.copy(), window)
        self.shifts.append((u / small.shape[1], v / small.shape[1]))
        self.responses.append(float(response))
        self.changes.append(float(np.abs(small - before).mean()))
        self.similarities.append(_correlation(before, small))


def measure_images(images: Iterable[StampedImage], total: int) -> dict[str, ImageStatistics]:
    """Measure the images of every camera.

    Args:
        images: in stamp order.
        total: how many there are, about; long drives are measured in stretches.

    Returns:
        Measurements by camera; images that cannot be decoded are left out.
    """
    every = -(-total // _MOST_IMAGES) if total > _MOST_IMAGES else 1
    found: dict[str, ImageStatistics] = {}
    counts: dict[str, int] = {}
    for image in images:
        statistics = found.setdefault(image.camera, ImageStatistics())
        number = counts[image.camera] = counts.get(image.camera, -1) + 1
        if (number // _STRETCH) % every:
            statistics.interrupt()
            continue
        try:
            statistics.add(image.stamp_ns, image.decode())
        except ImageDecodeError:
            statistics.interrupt()
    return found


def _reduced(grey: NDArray[Any], width_px: int) -> NDArray[Any]:
    if grey.shape[1] <= width_px:
        return grey
    height_px = max(round(grey.shape[0] * width_px / grey.shape[1]), 1)
    return np.asarray(cv2.resize(grey, (width_px, height_px), interpolation=cv2.INTER_AREA))


def _correlation(first: NDArray[np.float32], second: NDArray[np.float32]) -> float:
    a, b = first - first.mean(), second - second.mean()
    scale = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / scale if scale > 0 else 1.0
