# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Classification by nearest mean: the positive is the own place's centroid.

Backward-compatible training (BCT; HVS of Duggal et al., CVPR 2021) with the old classifier taken
to be the places' means: cross-entropy over ``q.c_j / t``.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from avpr_ros.arrays import IntArray
from avpr_ros.training.objectives.gallery_side import GallerySide
from avpr_ros.training.objectives.negatives import masked_log_sum
from avpr_ros.training.objectives.objective import Objective


class NearestMean(Objective):
    """Cross-entropy of the own place against all others; near places are left out."""

    centroids: Tensor

    def __init__(self, gallery: GallerySide, temperature: float = 0.05) -> None:
        super().__init__(gallery)
        self._temperature = temperature
        centroids = torch.from_numpy(gallery.bank.centroids.astype(np.float32))
        self.register_buffer('centroids', centroids, persistent=False)

    def loss(self, queries: Tensor, targets: Tensor, rows: IntArray) -> Tensor:
        """See ``Objective.loss``."""
        own = torch.from_numpy(self.gallery.labels(rows)).to(queries.device)
        excluded = self.gallery.excluded_places(rows).to(queries.device)
        excluded[torch.arange(len(rows)), own] = False
        everything = masked_log_sum(queries, self.centroids, excluded, self._temperature)
        positives = (queries * self.centroids[own].to(queries)).sum(dim=1) / self._temperature
        return (everything - positives).mean()
