# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Implicit embedding augmentation: a margin for each sample in place of drawn positives.

AsymVPR (arXiv 2512.13055): with the positive drawn from ``N(g, gamma Sigma)``, the expected loss
is at most ``softplus(n - a + s)``, ``s = gamma / (2 t^2) q' Sigma q``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from avpr_ros.arrays import IntArray
from avpr_ros.errors import ConfigError, TrainingError
from avpr_ros.training.objectives.gallery_side import GallerySide
from avpr_ros.training.objectives.spread import Variance, mean_spread, spread

#: Larger offsets show that gamma was set for another form of the variance.
_LARGEST_OFFSET = 30.0


@dataclass(frozen=True)
class ImplicitAugmentation:
    """How positives are augmented implicitly.

    Attributes:
        variance: form of Sigma; ``none`` switches it off, ``constant`` gives every sample the
            same margin ``target_offset``.
        gamma: strength; None: so that the mean of s at q = g is ``target_offset``. A gamma means
            is valid for one form of the variance and one descriptor space only.
        target_offset: mean of s in logits that gamma is calibrated to.
        bound: ``paper``, or ``tighter``: the lower one, sample by sample, of the paper's bound
            and of the one after JCL (NeurIPS 2020), ``softplus(n - a - s) + s``.
    """

    variance: Variance = 'none'
    gamma: float | None = None
    target_offset: float = 1.5
    bound: Literal['paper', 'tighter'] = 'paper'

    def __post_init__(self) -> None:
        """Check what a user can set; raises ``ConfigError``."""
        for name, value in (('gamma', self.gamma), ('target_offset', self.target_offset)):
            if value is not None and not 0 <= value < float('inf'):
                raise ConfigError(f'{name} is {value}; use a finite number, 0 or more')

    def strength(self, gallery: GallerySide, temperature: float) -> float:
        """Return gamma, calibrated on the gallery where it is not given.

        Raises:
            TrainingError: there is no variance to calibrate on.
        """
        if self.gamma is not None or self.variance in ('none', 'constant'):
            return self.gamma or 0.0
        mean = mean_spread(gallery, self.variance)
        if mean <= 0:
            raise TrainingError(
                'no place of the map has two images, so there is no variance to learn from; '
                'build the map with --views 4, or give larger places'
            )
        return self.target_offset * 2 * temperature**2 / mean

    def offset(
        self, queries: Tensor, rows: IntArray, gallery: GallerySide, gamma: float, t: float
    ) -> Tensor:
        """Return s for each query, (B,)."""
        if self.variance == 'none':
            return torch.zeros_like(queries[:, 0])
        if self.variance == 'constant':
            return torch.full_like(queries[:, 0], self.target_offset)
        s = gamma / (2 * t**2) * spread(queries, rows, gallery, self.variance)
        return s.clamp(max=_LARGEST_OFFSET)

    def bounded(self, negatives: Tensor, positives: Tensor, offset: Tensor) -> Tensor:
        """Return the upper bound of the expected loss from n, a and s, each (B,)."""
        loss = F.softplus(negatives - positives + offset)
        if self.bound == 'paper':
            return loss
        return torch.minimum(loss, F.softplus(negatives - positives - offset) + offset)
