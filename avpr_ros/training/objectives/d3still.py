# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Decoupled differential distillation (D3still, CVPR 2024).

Similarities to the image's k nearest gallery descriptors of the batch: the first (itself) as it
is, the others by their pairwise differences, apart for pairs in the wrong and in the right order.
"""

from __future__ import annotations

from torch import Tensor

from avpr_ros.arrays import IntArray
from avpr_ros.training.objectives.gallery_side import GallerySide
from avpr_ros.training.objectives.objective import Objective

#: Keeps the gradient of a norm finite where everything agrees.
_TINY = 1e-12


class D3still(Objective):
    """``alpha |s_1^g - s_1^q| / B + (beta |E_wrong| + gamma |E_right|) / (k - 1)``.

    With D the pairwise differences of similarities 2 to k, ``E = (D^q - D^g) / (0.1 + |D^g|)``;
    ``E_wrong`` are those of pairs in the wrong order, and the norms of E are taken image by image
    and averaged.
    """

    def __init__(
        self,
        gallery: GallerySide,
        *,
        neighbours: int = 10,
        weights: tuple[float, float, float] = (50.0, 2.0, 1.0),
    ) -> None:
        """Set up.

        Args:
            gallery: the frozen side.
            neighbours: k, the image itself among them.
            weights: alpha, beta, gamma.
        """
        super().__init__(gallery)
        self._neighbours = neighbours
        self._weights = weights

    def loss(self, queries: Tensor, targets: Tensor, rows: IntArray) -> Tensor:
        """See ``Objective.loss``."""
        alpha, beta, gamma = self._weights
        own = ((targets * targets).sum(dim=1) - (queries * targets).sum(dim=1)).square().sum()
        loss = alpha * (own + _TINY).sqrt() / len(queries)
        k = min(self._neighbours, len(queries))
        if k < 3:
            return loss
        between = targets @ targets.T
        nearest = between.topk(k, dim=1).indices[:, 1:]
        wanted = _differences(between.gather(1, nearest))
        found = _differences((queries @ targets.T).gather(1, nearest))
        error = (found - wanted) / (0.1 + wanted.abs())
        agreement = wanted * found
        wrong, right = (_mean_norm(error, mask) for mask in (agreement < 0, agreement > 0))
        return loss + (beta * wrong + gamma * right) / (k - 1)


def _differences(similarities: Tensor) -> Tensor:
    """Return s_a - s_b for all a, b: (B, k - 1, k - 1)."""
    return similarities[:, :, None] - similarities[:, None, :]


def _mean_norm(error: Tensor, mask: Tensor) -> Tensor:
    squares = (error * mask).square().sum(dim=(1, 2))
    return (squares + _TINY).sqrt().mean()
