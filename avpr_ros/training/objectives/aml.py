# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Asymmetric metric learning (Budnik and Avrithis, CVPR 2021), contrastive form.

``1/2 |q - g_p|^2 + 1/2 sum_n max(0, m - |q - g_n|)^2``: the anchor is the query network's,
positive and negatives are the gallery's.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from avpr_ros.arrays import IntArray, evenly
from avpr_ros.training.objectives.gallery_side import GallerySide
from avpr_ros.training.objectives.objective import Objective
from avpr_ros.training.objectives.regression import squared_distance


class Aml(Objective):
    """Positive: the next image of the same place (its own where it is alone).

    Negatives: the hardest images of other places, by the query network as it is now. The paper
    mines once an epoch; a frozen gallery makes it cheap to be up to date.
    """

    def __init__(
        self,
        gallery: GallerySide,
        *,
        regression_weight: float = 0.0,
        margin: float = 0.7,
        negatives: int = 5,
        candidates: int = 4096,
    ) -> None:
        """Set up.

        Args:
            gallery: the frozen side.
            regression_weight: factor of the regression beside it.
            margin: m.
            negatives: how many hard negatives a query.
            candidates: rows, evenly spread, among which negatives are sought.
        """
        super().__init__(gallery)
        self._regression_weight = regression_weight
        self._margin = margin
        self._negatives = negatives
        self._rows = evenly(len(gallery), candidates)

    def loss(self, queries: Tensor, targets: Tensor, rows: IntArray) -> Tensor:
        """See ``Objective.loss``."""
        positives = self.gallery.targets(self._next_of_place(rows)).to(queries)
        loss = 0.5 * squared_distance(queries, positives) + 0.5 * self._repulsion(queries, rows)
        return loss + self._regression_weight * squared_distance(queries, targets)

    def _repulsion(self, queries: Tensor, rows: IntArray) -> Tensor:
        others = self.gallery.targets(self._rows).to(queries)
        cosines = queries @ others.T
        excluded = self.gallery.excluded_rows(rows, self._rows).to(queries.device)
        hardest = cosines.masked_fill(excluded, -torch.inf).topk(
            min(self._negatives, len(others)), dim=1
        )
        real = hardest.values > -torch.inf
        cosine = hardest.values.masked_fill(~real, -1.0)
        # Never exactly zero, where the gradient of the square root is not finite.
        distances = (2 - 2 * cosine).clamp(min=1e-6).sqrt()
        return ((self._margin - distances).clamp(min=0).square() * real).sum(dim=1).mean()

    def _next_of_place(self, rows: IntArray) -> IntArray:
        found = []
        for row, place in zip(rows.tolist(), self.gallery.labels(rows).tolist(), strict=True):
            members = self.gallery.members(place)
            found.append(members[(np.searchsorted(members, row) + 1) % len(members)])
        return np.array(found, dtype=np.int64)
