# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Snow on what faces up: roofs, pavements, crowns of trees, patches of the street."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from simulation.rendering.camera import View
from simulation.town.materials import smooth_noise

_WHITE = (232.0, 236.0, 242.0)
#: The pattern repeats after this many metres, of so many cells.
_TILE_M, _CELLS = 48.0, 192
#: Snow holds on slopes up to 60 degrees, wholly up to 45.
_STEEPEST, _FLAT = 0.5, 0.7


class Snow:
    """A cover that is the same on every frame of a drive."""

    def __init__(self, cover: float, seed: int) -> None:
        """Let it snow.

        Args:
            cover: share of the level ground that is white, 0 to 1.
            seed: of the patches.
        """
        shape = (_CELLS, _CELLS)
        rng = np.random.default_rng(seed)
        field = smooth_noise(shape, (12, 12), rng) + 0.7 * smooth_noise(shape, (48, 48), rng)
        depth = np.quantile(field, 1.0 - cover) if cover > 0 else np.inf
        self._pattern = np.clip((field - depth) / 0.4 + 0.5, 0, 1).astype(np.float32)

    def on(self, view: View) -> NDArray[np.float32]:
        """Return the (H, W, 3) albedo of a view under snow, 0 to 255."""
        cell = _CELLS / _TILE_M
        x = np.mod(view.points_m[..., 0] * cell, _CELLS - 1).astype(np.float32)
        y = np.mod(view.points_m[..., 1] * cell, _CELLS - 1).astype(np.float32)
        lies = cv2.remap(self._pattern, x, y, cv2.INTER_LINEAR)
        lies = lies * np.clip((view.normals[..., 2] - _STEEPEST) / (_FLAT - _STEEPEST), 0, 1)
        share = lies[..., None]
        return np.asarray(view.albedo * (1 - share) + np.array(_WHITE, np.float32) * share)
