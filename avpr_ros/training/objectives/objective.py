# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The protocol that AsymVPR and its rivals stand behind."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn

from avpr_ros.arrays import IntArray
from avpr_ros.training.objectives.gallery_side import GallerySide


class Objective(nn.Module, ABC):
    """A loss of query descriptors against the frozen gallery.

    Whatever changes from step to step is a buffer, so that a checkpoint holds it; it changes in
    training mode only.

    Attributes:
        gallery: the frozen side.
    """

    def __init__(self, gallery: GallerySide) -> None:
        super().__init__()
        self.gallery = gallery

    def forward(self, queries: Tensor, rows: IntArray) -> Tensor:
        """Return the mean loss of (B, d) unit query rows of views of gallery rows (B,).

        Temperatures of 0.05 multiply rounding errors by 20, so everything is float32 (or finer,
        where the queries are) and outside autocast.
        """
        with torch.autocast(queries.device.type, enabled=False):
            exact = queries if queries.dtype == torch.float64 else queries.float()
            return self.loss(exact, self.gallery.targets(rows).to(exact), rows)

    @abstractmethod
    def loss(self, queries: Tensor, targets: Tensor, rows: IntArray) -> Tensor:
        """Return the mean loss.

        Args:
            queries: (B, d) unit rows of the query network, float32 or float64.
            targets: (B, d) stored gallery descriptors of the same images; constant.
            rows: (B,) rows of the gallery that the queries are views of.
        """
