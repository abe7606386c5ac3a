# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Local features of one image, as a map stores them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

#: Bytes of a descriptor.
WIDTH = 128


@dataclass(frozen=True, eq=False)
class Features:
    """Keypoints and their descriptors.

    Attributes:
        points_px: (K, 2) float32, x and y in pixels of the whole image.
        descriptors: (K, 128) uint8, RootSIFT (Arandjelovic & Zisserman, CVPR 2012) times 512.
    """

    points_px: NDArray[np.float32]
    descriptors: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.points_px)
