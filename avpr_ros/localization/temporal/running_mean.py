# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The mean of what a drive has shown so far: that of today's light, not of the mapping day's."""

from __future__ import annotations

from avpr_ros.arrays import FloatArray


class RunningMean:
    """Starts from what the map knows, and follows what is new of the drive.

    What everything has in common in today's light says nothing about the place; views that are
    hardly new count little, so that a robot that stands does not take the place for the light.

    Attributes:
        value: the mean so far.
    """

    def __init__(self, start: FloatArray, images: float, memory: float) -> None:
        """Start anew.

        Args:
            start: the map's own mean, any shape.
            images: weight of that, in images.
            memory: images that the mean goes back over at most.
        """
        self.value = start
        self._images = images
        self._memory = memory
        self._seen = 0.0

    def take(self, numbers: FloatArray, new: float) -> None:
        """Follow one image, in so far as it is new, 0 to 1."""
        self._seen = min(self._seen + new, self._memory)
        self.value = self.value + new / (self._seen + self._images) * (numbers - self.value)
