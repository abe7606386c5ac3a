# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Array types that all folders share, and evenly spaced rows."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

#: (H, W, 3) uint8, RGB.
RgbImage: TypeAlias = NDArray[np.uint8]
#: (d,) or (N, d), L2-normalised rows; float32 in memory, float16 on disk.
Descriptors: TypeAlias = NDArray[np.floating]
FloatArray: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[np.int64]
AnyArray: TypeAlias = NDArray[Any]


def evenly(count: int, wanted: int) -> IntArray:
    """Return at most ``wanted`` of the rows 0 to ``count`` - 1, evenly spaced, ends included."""
    return np.unique(np.linspace(0, count - 1, min(count, wanted)).round().astype(np.int64))
