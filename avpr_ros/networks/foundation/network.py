# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A foundation network: normalised pixels, backbone, head; random until weights are loaded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torchvision.transforms.functional import resize

from avpr_ros.arrays import Descriptors, RgbImage
from avpr_ros.networks.backbone import DEVIATION, MEAN
from avpr_ros.networks.foundation.convolutional import (
    TimmWhole,
    TorchvisionResNet,
    TorchvisionVgg16,
)
from avpr_ros.networks.foundation.dinov2 import PATCH_PX, DinoV2
from avpr_ros.networks.foundation.kinds import FoundationKind
from avpr_ros.networks.gallery_network import describe_images
from avpr_ros.networks.heads.boq import BoqHead
from avpr_ros.networks.heads.gem import CosPlaceHead, GemHead
from avpr_ros.networks.heads.megaloc import MegaLocHead
from avpr_ros.networks.heads.mixvpr import MixVprHead
from avpr_ros.networks.heads.salad import SaladHead

_VIT = {'s': 'small', 'b': 'base', 'l': 'large'}
_TIMM = 'timm:'


class FoundationNetwork(nn.Module):
    """Backbone and head.

    Attributes:
        kind: what it is.
        input_px: side S of the square image that descriptors are made of.
        dim: length D of a descriptor.
        backbone: gives features, and a token where it has one.
        head: makes one descriptor of them.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, kind: FoundationKind, *, depth: int | None = None) -> None:
        """Build with random weights, frozen.

        Args:
            kind: what to build.
            depth: only the first blocks of a transformer; for tests.

        Raises:
            ConfigError: timm has no such network.
        """
        super().__init__()
        self.kind = kind
        self.input_px = kind.input_px
        backbone: Any = make_backbone(kind, depth)
        head: Any = make_head(kind, backbone.channels)
        self.backbone: nn.Module = backbone
        self.head: nn.Module = head
        self.dim = int(head.dim)
        self.register_buffer('mean', torch.tensor(MEAN).view(1, 3, 1, 1), persistent=False)
        self.register_buffer(
            'deviation', torch.tensor(DEVIATION).view(1, 3, 1, 1), persistent=False
        )
        self.requires_grad_(False).eval()

    def forward(self, images: Tensor) -> Tensor:
        """Describe (B, H, W, 3) uint8 RGB by (B, D) unit rows; raises as ``describe_pixels``."""
        pixels = images.permute(0, 3, 1, 2).to(self.mean.dtype) / 255
        return self.describe_pixels((pixels - self.mean) / self.deviation)

    def describe_pixels(self, pixels: Tensor) -> Tensor:
        """Describe (B, 3, H, W) normalised pixels by (B, D) unit rows.

        MegaLoc takes any size and brings it to multiples of 14 itself; the other DINOv2 networks
        refuse what is none.

        Raises:
            ConfigError: a size that the network cannot take.
        """
        if self.kind.head == 'megaloc':
            pixels = _to_patches(pixels)
        found = self.backbone(pixels)
        features, token = found if isinstance(found, tuple) else (found, None)
        return self.head(features, token)  # type: ignore[no-any-return]

    def fix_size(self) -> None:
        """Prepare for images of ``input_px`` only, as exporting needs."""
        if isinstance(self.backbone, DinoV2):
            self.backbone.fix_size(self.input_px)

    def describe(self, images: Sequence[RgbImage]) -> Descriptors:
        """Describe images of any size, squashed to the square: (N, D) float32 unit rows."""
        return describe_images(self, images, self.input_px, self.dim)


def make_backbone(kind: FoundationKind, depth: int | None = None) -> nn.Module:
    """Build a kind's backbone with random weights; raises ``ConfigError`` for an unknown one."""
    name = kind.backbone
    if name.startswith('dinov2-'):
        whole = f'vit_{_VIT[name[-1]]}_patch14_dinov2'
        return DinoV2(whole, final_norm=kind.head != 'boq', depth=depth)
    if name.startswith(_TIMM):
        return TimmWhole(name[len(_TIMM) :])
    if name == 'vgg16':
        return TorchvisionVgg16()
    return TorchvisionResNet(name, stages=3 if kind.head in ('boq', 'mixvpr') else 4)


def make_head(kind: FoundationKind, channels: int) -> nn.Module:
    """Build a kind's head, or one of the same output layout for another width of features."""
    if kind.head == 'salad':
        return SaladHead(channels)
    if kind.head == 'megaloc':
        return MegaLocHead(channels, kind.dim)
    if kind.head == 'boq':
        return BoqHead(channels, width=kind.dim // 32)
    if kind.head == 'mixvpr':
        rows = 4 if kind.dim == 4096 else 2
        return MixVprHead(channels, kind.dim // rows, rows)
    if kind.head == 'cosplace':
        return CosPlaceHead(channels, kind.dim)
    return GemHead(channels)


def _to_patches(pixels: Tensor) -> Tensor:
    height, width = (int(side) for side in pixels.shape[2:])  # fixed where it is exported
    wanted = [round(side / PATCH_PX) * PATCH_PX for side in (height, width)]
    if wanted == [height, width]:
        return pixels
    return resize(pixels, wanted, antialias=True)  # type: ignore[no-any-return]
