# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Contextual similarity distillation (Wu et al., CVPR 2022).

A query's similarities to the gallery neighbours of its image shall be distributed as the
gallery's own: ``KL(softmax(g.N / t_g) || softmax(q.N / t_q))``, the image itself first in N.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from avpr_ros.arrays import IntArray
from avpr_ros.training.objectives.gallery_side import GallerySide
from avpr_ros.training.objectives.objective import Objective


class Csd(Objective):
    """Neighbours among the gallery descriptors of the batch, or among all centroids."""

    centroids: Tensor

    def __init__(
        self,
        gallery: GallerySide,
        *,
        over_bank: bool = False,
        neighbours: int = 96,
        gallery_temperature: float = 0.01,
        query_temperature: float = 1.0,
    ) -> None:
        """Set up.

        Args:
            gallery: the frozen side.
            over_bank: take neighbours from the bank's centroids instead of the batch.
            neighbours: how many, the image itself among them; at most what there is.
            gallery_temperature: t_g.
            query_temperature: t_q.
        """
        super().__init__(gallery)
        self._over_bank = over_bank
        self._neighbours = neighbours
        self._temperatures = gallery_temperature, query_temperature
        centroids = torch.from_numpy(gallery.bank.centroids.astype(np.float32))
        self.register_buffer('centroids', centroids, persistent=False)

    def loss(self, queries: Tensor, targets: Tensor, rows: IntArray) -> Tensor:
        """See ``Objective.loss``."""
        wanted, found = self._similarities(queries, targets)
        _, nearest = wanted.topk(min(self._neighbours, wanted.shape[1]), dim=1)
        gallery_t, query_t = self._temperatures
        return F.kl_div(
            (found.gather(1, nearest) / query_t).log_softmax(dim=1),
            (wanted.gather(1, nearest) / gallery_t).log_softmax(dim=1),
            reduction='batchmean',
            log_target=True,
        )

    def _similarities(self, queries: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """Return the gallery's and the query's similarities to all candidates, each (B, n)."""
        if not self._over_bank:
            return targets @ targets.T, queries @ targets.T
        centroids = self.centroids.to(queries)
        own = [(rows * targets).sum(dim=1, keepdim=True) for rows in (targets, queries)]
        return (
            torch.cat([own[0], targets @ centroids.T], dim=1),
            torch.cat([own[1], queries @ centroids.T], dim=1),
        )
