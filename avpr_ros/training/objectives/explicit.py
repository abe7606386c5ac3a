# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Explicit embedding augmentation: K positives drawn around the stored descriptor.

What implicit augmentation is the limit of (AsymVPR, arXiv 2512.13055); an ablation.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from avpr_ros.arrays import IntArray
from avpr_ros.training.objectives.asymmetric import Asymmetric, AsymmetricSettings
from avpr_ros.training.objectives.gallery_side import GallerySide


class Explicit(Asymmetric):
    """Mean of the contrastive loss over K positives from ``N(g, gamma diag(sigma^2))``."""

    calls: Tensor

    def __init__(
        self, gallery: GallerySide, settings: AsymmetricSettings, *, draws: int = 10, seed: int = 0
    ) -> None:
        """Set up; ``settings.augmentation`` must be of the diagonal form, which gives gamma."""
        super().__init__(gallery, settings)
        self._draws = draws
        self._seed = seed
        self.register_buffer('calls', torch.zeros((), dtype=torch.int64))

    def contrast(
        self, queries: Tensor, targets: Tensor, rows: IntArray, negatives: Tensor
    ) -> Tensor:
        """See ``Asymmetric.contrast``."""
        if self.training:
            self.calls += 1
        rng = np.random.default_rng((self._seed, int(self.calls)))
        noise = rng.standard_normal((self._draws, *queries.shape), dtype=np.float32)
        variances = torch.from_numpy(self.gallery.bank.variances(self.gallery.labels(rows)))
        deviations = math.sqrt(self.gamma) * variances.sqrt().to(queries)
        drawn = targets + deviations * torch.from_numpy(noise).to(queries)
        positives = (queries * drawn).sum(dim=2) / self.settings.temperature
        return F.softplus(negatives - positives).mean(dim=0)
