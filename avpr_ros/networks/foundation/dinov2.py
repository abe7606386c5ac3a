# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""DINOv2 (Oquab et al., 2023): timm's vision transformer with the official position table."""

from __future__ import annotations

from typing import Any

import timm
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from avpr_ros.errors import ConfigError

PATCH_PX = 14
#: Side of the stored position table: 518 px.
_TABLE_CELLS = 37
#: The official code adds this to the number of cells before it scales the table.
_OFFSET = 0.1


class DinoV2(nn.Module):
    """Patch features of stride 14 and the class token.

    Attributes:
        channels: width C.
        final_norm: whether the last norm is applied, as SALAD and MegaLoc want it.
    """

    table: Tensor | None

    def __init__(self, name: str, *, final_norm: bool, depth: int | None = None) -> None:
        """Build with random weights.

        Args:
            name: ``vit_small_patch14_dinov2``, ``vit_base_...`` or ``vit_large_...``.
            final_norm: apply the last norm; without it the norm has no weights here.
            depth: only the first blocks; for tests.
        """
        super().__init__()
        whole: Any = timm.create_model(name, num_classes=0)
        self.channels = int(whole.embed_dim)
        self.final_norm = final_norm
        self.cls_token = whole.cls_token
        self.pos_embed = whole.pos_embed
        self.patch_embed = nn.ModuleDict({'proj': whole.patch_embed.proj})
        self.blocks = nn.ModuleList(whole.blocks[:depth])
        self.norm = whole.norm if final_norm else nn.Identity()
        self._grid = (0, 0)
        self.register_buffer('table', None, persistent=False)

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """Describe (B, 3, H, W) normalised pixels; 14 divides H and W.

        Returns:
            (B, C, H/14, W/14) features and (B, C) class token.

        Raises:
            ConfigError: a side is no multiple of 14.
        """
        # Plain numbers: a traced size would not be known when the table is chosen.
        height, width = (int(side) for side in pixels.shape[2:])
        if height % PATCH_PX or width % PATCH_PX:
            raise ConfigError(
                f'the image is {width} x {height} px and DINOv2 needs multiples of {PATCH_PX}; '
                'use 322 or 224'
            )
        grid = (height // PATCH_PX, width // PATCH_PX)
        patches = self.patch_embed['proj'](pixels).flatten(2).transpose(1, 2)
        x = torch.cat([self.cls_token.expand(patches.shape[0], -1, -1), patches], dim=1)
        x = x + (
            self.table if self.table is not None and grid == self._grid else self.positions(grid)
        )
        for block in self.blocks:
            x = block(x)
        x = self.norm(x)
        # unflatten() would fix the batch size of an exported network.
        cells = x[:, 1:].transpose(1, 2).reshape(x.shape[0], self.channels, *grid)
        return cells, x[:, 0]

    def positions(self, grid: tuple[int, int]) -> Tensor:
        """Return the (1, 1 + rows*columns, C) position table of a grid.

        The official rule: bicubic, no antialias, by the scale (cells + 0.1) / 37 rather than to a
        size; the table as it is where the grid is its own.
        """
        if grid == (_TABLE_CELLS, _TABLE_CELLS):
            return self.pos_embed  # type: ignore[no-any-return]
        square = self.pos_embed[:, 1:].transpose(1, 2).unflatten(2, (_TABLE_CELLS, _TABLE_CELLS))
        scales = tuple((cells + _OFFSET) / _TABLE_CELLS for cells in grid)
        resized = F.interpolate(square, scale_factor=scales, mode='bicubic', antialias=False)
        return torch.cat([self.pos_embed[:, :1], resized.flatten(2).transpose(1, 2)], dim=1)

    def fix_size(self, side_px: int) -> None:
        """Bake the table of square images, so that ONNX gets numbers instead of a resize."""
        self._grid = (side_px // PATCH_PX, side_px // PATCH_PX)
        with torch.no_grad():
            self.table = self.positions(self._grid).clone()
