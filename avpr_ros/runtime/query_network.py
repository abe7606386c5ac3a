# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What the robot runs on each image."""

from __future__ import annotations

from typing import Protocol

from avpr_ros.arrays import Descriptors, RgbImage
from avpr_ros.runtime.query_manifest import QueryManifest


class QueryNetwork(Protocol):
    """Describes one image in the space that its manifest names."""

    @property
    def manifest(self) -> QueryManifest: ...  # noqa: D102

    @property
    def provider(self) -> str: ...  # noqa: D102

    def describe(self, image: RgbImage) -> Descriptors:
        """Return the (d,) float32 unit descriptor of an (H, W, 3) uint8 RGB image."""
        ...
