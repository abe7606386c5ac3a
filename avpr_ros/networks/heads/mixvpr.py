# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""MixVPR (Ali-bey et al., WACV 2023): perceptrons over all cells of each channel."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from avpr_ros.errors import ConfigError


class Mixer(nn.Module):
    """x + two layers over the cells."""

    def __init__(self, cells: int) -> None:
        super().__init__()
        self.mix = nn.Sequential(
            nn.LayerNorm(cells), nn.Linear(cells, cells), nn.ReLU(), nn.Linear(cells, cells)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Mix (B, C, n) to (B, C, n)."""
        return x + self.mix(x)  # type: ignore[no-any-return]


class MixVprHead(nn.Module):
    """Mixers, then linear layers over channels and cells; the grid is fixed.

    Attributes:
        dim: length of a descriptor: out_channels x out_rows.
    """

    def __init__(
        self,
        channels: int = 1024,
        out_channels: int = 1024,
        out_rows: int = 4,
        cells: int = 400,
        depth: int = 4,
    ) -> None:
        """Set up.

        Args:
            channels: width C of the features.
            out_channels: what C becomes.
            out_rows: what the cells become.
            cells: n; 20 x 20 of a ResNet's third stage at 320 px.
            depth: mixers, one after the other.
        """
        super().__init__()
        self.dim = out_channels * out_rows
        self.cells = cells
        self.mix = nn.Sequential(*(Mixer(cells) for _ in range(depth)))
        self.channel_proj = nn.Linear(channels, out_channels)
        self.row_proj = nn.Linear(cells, out_rows)

    def forward(self, features: Tensor, token: Tensor | None = None) -> Tensor:
        """Aggregate (B, C, h, w) to unit rows; the token is not used.

        Raises:
            ConfigError: another number of cells than the head was trained for.
        """
        cells = features.shape[2] * features.shape[3]
        if cells != self.cells:
            raise ConfigError(
                f'MixVPR was trained for {self.cells} cells and the image gives {cells}; use its '
                'own input size, 320 x 320'
            )
        mixed = self.channel_proj(self.mix(features.flatten(2)).transpose(1, 2))
        return F.normalize(self.row_proj(mixed.transpose(1, 2)).flatten(1), dim=1)
