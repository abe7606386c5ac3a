# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Images with some structure, for the tests of networks."""

from __future__ import annotations

import numpy as np


def pictures(count: int, seed: int) -> list[np.ndarray]:
    """Images of overlapping coloured blocks."""
    rng = np.random.default_rng(seed)
    images = []
    for _ in range(count):
        image = np.full((60, 80, 3), rng.integers(0, 255, 3), dtype=np.uint8)
        for _ in range(6):
            y, x = rng.integers(0, 50), rng.integers(0, 70)
            image[y : y + 25, x : x + 25] = rng.integers(0, 255, 3)
        images.append(image)
    return images
