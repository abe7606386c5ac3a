# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""AsymVPR's asymmetric contrastive loss (arXiv 2512.13055).

With ``a = q.g / t`` (the stored descriptor of the same image) and
``n = log sum_j exp(q.c_j / t)`` over the centroids of other places, the loss is
``softplus(n - a + s)``; s comes from implicit embedding augmentation and may be zero.
"""

from __future__ import annotations

from dataclasses import dataclass, field
import math

import torch
from torch import Tensor

from avpr_ros.arrays import IntArray
from avpr_ros.errors import ConfigError
from avpr_ros.training.objectives.gallery_side import GallerySide
from avpr_ros.training.objectives.iea import ImplicitAugmentation
from avpr_ros.training.objectives.negatives import BankNegatives, Negatives
from avpr_ros.training.objectives.objective import Objective
from avpr_ros.training.objectives.regression import squared_distance


@dataclass(frozen=True)
class AsymmetricSettings:
    """Settings of the loss.

    Attributes:
        temperature: t.
        regression_weight: factor of ``|q - g|^2``, added to the contrastive loss. Contrast alone
            separates places but lets the two spaces drift; the absolute term aligns them.
        augmentation: implicit embedding augmentation.
        normalise_centroids: bring centroids to length one.
        chunk_places: places worked through at once, for banks larger than memory; None: all.
    """

    temperature: float = 0.05
    regression_weight: float = 3.0
    augmentation: ImplicitAugmentation = field(default_factory=ImplicitAugmentation)
    normalise_centroids: bool = False
    chunk_places: int | None = None

    def __post_init__(self) -> None:
        """Check what a user can set; raises ``ConfigError``."""
        if not (math.isfinite(self.temperature) and self.temperature > 0):
            raise ConfigError(f'temperature is {self.temperature}; use a number above 0')


class Asymmetric(Objective):
    """The asymmetric contrastive loss, with an absolute term beside it.

    Attributes:
        settings: as given.
        gamma: strength of the implicit augmentation, calibrated where it was not given.
        negatives: where n comes from.
    """

    def __init__(
        self,
        gallery: GallerySide,
        settings: AsymmetricSettings | None = None,
        negatives: Negatives | None = None,
    ) -> None:
        """Set up.

        Args:
            gallery: the frozen side.
            settings: of the loss.
            negatives: None: the centroids of the bank.

        Raises:
            TrainingError: gamma is to be calibrated and there is no variance.
        """
        super().__init__(gallery)
        self.settings = settings = settings or AsymmetricSettings()
        self.gamma = settings.augmentation.strength(gallery, settings.temperature)
        self.negatives = negatives or BankNegatives(
            gallery,
            normalise=settings.normalise_centroids,
            chunk_places=settings.chunk_places,
        )

    def loss(self, queries: Tensor, targets: Tensor, rows: IntArray) -> Tensor:
        """See ``Objective.loss``; a query without negatives adds nothing but the regression."""
        negatives = self.negatives.log_sum(queries, rows, self.settings.temperature)
        contested = negatives > -torch.inf
        contrast = self.contrast(queries, targets, rows, negatives)
        total = contrast.masked_fill(~contested, 0.0).sum() / len(queries)
        return total + self.settings.regression_weight * squared_distance(queries, targets)

    def contrast(
        self, queries: Tensor, targets: Tensor, rows: IntArray, negatives: Tensor
    ) -> Tensor:
        """Return the contrastive loss of each query, (B,), from n of each."""
        augmentation, t = self.settings.augmentation, self.settings.temperature
        positives = (queries * targets).sum(dim=1) / t
        offset = augmentation.offset(queries, rows, self.gallery, self.gamma, t)
        return augmentation.bounded(negatives, positives, offset)
