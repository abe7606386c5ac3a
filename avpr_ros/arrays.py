# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Names for the array types that cross room borders."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

#: (H, W, 3) uint8, RGB.
RgbImage: TypeAlias = NDArray[np.uint8]
#: (d,) or (N, d), L2-normalised rows; float32 in memory, float16 on disk.
Descriptors: TypeAlias = NDArray[np.floating]
FloatArray: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[np.int64]
