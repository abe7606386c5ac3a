# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""MegaLoc (Berton and Masone, 2025): SALAD with wider clusters, then one linear layer."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from avpr_ros.networks.heads.salad import SaladHead


class MegaLocHead(nn.Module):
    """SALAD of 64 x 256 + 256 numbers, brought to 8,448.

    Attributes:
        dim: length D of a descriptor.
    """

    def __init__(self, channels: int, dim: int = 8448, cluster_dim: int = 256) -> None:
        super().__init__()
        self.dim = dim
        self.agg = SaladHead(channels, cluster_dim=cluster_dim)
        self.linear = nn.Linear(self.agg.dim, dim)

    def forward(self, features: Tensor, token: Tensor | None = None) -> Tensor:
        """Aggregate (B, C, h, w) and (B, C) to (B, D) unit rows; raises as ``SaladHead``."""
        return F.normalize(self.linear(self.agg(features, token)), dim=1)
