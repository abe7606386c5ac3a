# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Relations and absolutes after RAML (Suma and Tolias, WACV 2023).

``(1 - q.g)^2 + l1 mean (q_i.g_k - g_i.g_k)^2 + l2 mean (q_i.q_k - g_i.g_k)^2`` over pairs i != k
of the batch. The original's pairs are augmentations of one image at several resolutions.
"""

from __future__ import annotations

import torch
from torch import Tensor

from avpr_ros.arrays import IntArray
from avpr_ros.training.objectives.gallery_side import GallerySide
from avpr_ros.training.objectives.objective import Objective


class Raml(Objective):
    """Own similarity to one, and all similarities between images as in the gallery."""

    def __init__(
        self, gallery: GallerySide, *, across_weight: float = 0.7, within_weight: float = 0.7
    ) -> None:
        """Set up.

        Args:
            gallery: the frozen side.
            across_weight: l1, of query-to-gallery similarities.
            within_weight: l2, of query-to-query similarities.
        """
        super().__init__(gallery)
        self._across_weight = across_weight
        self._within_weight = within_weight

    def loss(self, queries: Tensor, targets: Tensor, rows: IntArray) -> Tensor:
        """See ``Objective.loss``."""
        absolute = (1 - (queries * targets).sum(dim=1)).square().mean()
        if len(queries) < 2:
            return absolute
        pairs = ~torch.eye(len(queries), dtype=torch.bool, device=queries.device)
        wanted = (targets @ targets.T)[pairs]
        across = ((queries @ targets.T)[pairs] - wanted).square().mean()
        within = ((queries @ queries.T)[pairs] - wanted).square().mean()
        return absolute + self._across_weight * across + self._within_weight * within
