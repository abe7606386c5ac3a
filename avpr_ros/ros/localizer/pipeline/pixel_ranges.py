# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Ranges of the values of the cameras' 16-bit images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from avpr_ros.sources.frame import Camera, range_for
from avpr_ros.sources.images.pixel_range import PixelRange
from avpr_ros.sources.images.pixel_range_meter import PixelRangeMeter, deep_values_of


class PixelRanges:
    """The range of each camera: that of the map, else that of the camera's first image."""

    def __init__(self) -> None:
        self._measured: dict[str, PixelRange] = {}

    def range_of(
        self, camera: str, message: Any, map_cameras: Sequence[Camera]
    ) -> PixelRange | None:
        """Return the range that an image is converted with; None where it has 8 bits.

        Args:
            camera: name of the camera.
            message: its image message.
            map_cameras: cameras of the map.
        """
        if (known := range_for(camera, map_cameras)) is not None:
            return known
        if camera not in self._measured:
            values = deep_values_of(message)
            if values is None:
                return None
            meter = PixelRangeMeter()
            meter.add(values)
            if (measured := meter.measured()) is None:
                return None
            self._measured[camera] = measured
        return self._measured[camera]
