# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Training inputs of a query network: views augmented on demand, or drawn from a fixed pool."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray
import torch
from torch import Tensor

from avpr_ros.arrays import IntArray
from avpr_ros.training.augmentation.augment import Augmentation
from avpr_ros.training.images import TrainingImages, views_of

#: First number of the seed of training views; others use others.
_VIEWS = 2


class Inputs(Protocol):
    """Views by row of the gallery."""

    def __len__(self) -> int: ...

    def batch(self, step: int, rows: IntArray) -> Tensor:
        """Return one input per row; deterministic in step and rows."""
        ...


class FreshViews:
    """Reads and augments the images of each step."""

    def __init__(
        self, images: TrainingImages, size_px: int, augmentation: Augmentation, seed: int
    ) -> None:
        self._images = images
        self._size_px = size_px
        self._augmentation = augmentation
        self._seed = seed

    def __len__(self) -> int:
        return len(self._images)

    def batch(self, step: int, rows: IntArray) -> Tensor:
        """Return (B, S, S, 3) uint8."""
        seed = (self._seed, _VIEWS, step)
        return torch.from_numpy(
            views_of(self._images, rows, self._size_px, self._augmentation, seed)
        )


class PooledViews:
    """Draws from a fixed number of views per image, with the frozen layers already applied.

    Several trainings on the same data then share decoding, augmentation and the frozen layers.
    """

    def __init__(self, pool: NDArray[np.floating], seed: int) -> None:
        """Store the pool.

        Args:
            pool: (N, P, ...) features of P views of each image, for example a float16 memory map.
            seed: of the choice among the P.
        """
        self._pool = pool
        self._seed = seed

    def __len__(self) -> int:
        return len(self._pool)

    def batch(self, step: int, rows: IntArray) -> Tensor:
        """Return (B, ...) float32."""
        rng = np.random.default_rng((self._seed, _VIEWS, step))
        chosen = rng.integers(0, self._pool.shape[1], len(rows))
        picked = [self._pool[row, view] for row, view in zip(rows, chosen, strict=True)]
        return torch.from_numpy(np.stack(picked).astype(np.float32))
