# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Generalised mean pooling (Radenović et al., T-PAMI 2019), alone and as CosPlace uses it."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

_SMALLEST = 1e-6


class Gem(nn.Module):
    """(mean over cells of x^p)^(1/p) for each channel; p is learned.

    Attributes:
        p: (1,) exponent; 1 is the mean, infinity the maximum.
    """

    def __init__(self, p: float = 3.0) -> None:
        super().__init__()
        self.p = nn.Parameter(torch.full((1,), p))

    def forward(self, features: Tensor) -> Tensor:
        """Pool (B, C, h, w) to (B, C)."""
        powers = features.clamp(min=_SMALLEST).pow(self.p)
        return powers.mean(dim=(2, 3)).pow(1 / self.p)


class GemHead(nn.Module):
    """GeM without a learned layer after it, for any backbone.

    Attributes:
        dim: length of a descriptor: the backbone's width C.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.dim = channels
        self.pool = Gem()

    def forward(self, features: Tensor, token: Tensor | None = None) -> Tensor:
        """Aggregate (B, C, h, w) to (B, C) unit rows; the token is not used."""
        return F.normalize(self.pool(features), dim=1)


class CosPlaceHead(nn.Sequential):
    """CosPlace (CVPR 2022), and EigenPlaces (ICCV 2023): L2, GeM, linear layer, L2.

    Its children keep the numbers that they have in the published files.

    Attributes:
        dim: length D of a descriptor.
    """

    def __init__(self, channels: int, dim: int) -> None:
        super().__init__(
            nn.Identity(), Gem(), nn.Identity(), nn.Linear(channels, dim), nn.Identity()
        )
        self.dim = dim

    def forward(self, features: Tensor, token: Tensor | None = None) -> Tensor:
        """Aggregate (B, C, h, w) to (B, D) unit rows; the token is not used."""
        pooled = self[1](F.normalize(features, dim=1))
        return F.normalize(self[3](pooled), dim=1)
