# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The mean descriptor of a drive so far, in the light of that day instead of the map's."""

from __future__ import annotations

import numpy as np

from avpr_ros.arrays import FloatArray


class RunningMean:
    """A mean that starts from the map's and follows the images of the drive.

    What all views have in common in a light does not separate places. Views that hardly change
    count little, so that the mean of a stationary robot is not that of its place.

    Attributes:
        value: the mean so far.
    """

    def __init__(
        self, start: FloatArray, images: float, memory: float, reach: float = np.inf
    ) -> None:
        """Set up.

        Args:
            start: the map's own mean, any shape.
            images: weight of that, in images.
            memory: largest number of images that the mean is over.
            reach: distance from the mean beyond which an image counts as if it were that near, so
                that outliers have a bounded influence (Huber, Ann. Math. Stat. 35(1), 1964).
        """
        self.value = start
        self._images = images
        self._memory = memory
        self._reach = reach
        self._seen = 0.0

    def update(self, numbers: FloatArray, new: float) -> None:
        """Add one image, weighted by how much of it is new, 0 to 1."""
        self._seen = min(self._seen + new, self._memory)
        about = numbers - self.value
        length = float(np.linalg.norm(about))
        if length > self._reach:
            about = about * (self._reach / length)
        self.value = self.value + new / (self._seen + self._images) * about
