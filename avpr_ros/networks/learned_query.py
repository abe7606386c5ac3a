# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A query network with a learned head: any timm backbone, the gallery's own kind of head.

Where the head gives the gallery network's full descriptor, the map's own projection (if it has
one) follows as a constant: the learned part is in the full space and can be used with every map of
one checkpoint. Any other head is followed by one learned linear layer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from avpr_ros.arrays import Descriptors, RgbImage
from avpr_ros.errors import ConfigError
from avpr_ros.networks.backbone import DEVIATION, MEAN, Backbone
from avpr_ros.networks.foundation.convolutional import TimmFeatures
from avpr_ros.networks.gallery_network import describe_images
from avpr_ros.networks.heads.boq import BoqHead
from avpr_ros.networks.heads.gem import GemHead
from avpr_ros.networks.heads.salad import SaladHead
from avpr_ros.networks.vlad import project


@dataclass(frozen=True)
class LearnedQueryKind:
    """Which query network to build.

    Attributes:
        backbone: timm's name, or ``embedded`` for the embedded EfficientNet-Lite0 with its
            ImageNet weights; all others start at random until weights are loaded.
        head: ``gem``, ``salad`` or ``boq``.
        input_px: side of the square image.
        stride_px: 32 or 16, of the features.
        weights: a weights file of timm for the backbone; None: random.
        head_width: of ``boq``: p of the gallery's head, 384 for DINOv2, 512 for ResNet-50.
    """

    backbone: str
    head: str = 'gem'
    input_px: int = 322
    stride_px: int = 32
    head_width: int = 384
    weights: Path | None = None


#: By name. ``balanced`` and ``accurate`` are the paper's query networks at the largest input that
#: the stride divides and at which they are well over 15 times faster than DINOv2-B with SALAD
#: (``benchmarks/onboard.py``); with ``-322`` they are as in the paper.
QUERY_PRESETS = {
    'fast': LearnedQueryKind('embedded', 'gem', 192, 16),
    'balanced': LearnedQueryKind('mobilevitv2_100', 'boq', 256),
    'accurate': LearnedQueryKind('efficientvit_b2', 'boq', 256),
    'balanced-322': LearnedQueryKind('mobilevitv2_100', 'boq', 322),
    'accurate-322': LearnedQueryKind('efficientvit_b2', 'boq', 322),
}


class LearnedQueryNetwork(nn.Module):
    """Backbone, head, projection.

    Attributes:
        name: for the manifest.
        input_px: side S of the square image.
        backbone: gives (B, C, h, w).
        head: gives (B, D) unit rows.
        projection: learned, from D to d; None where the head is in the gallery's full space.
        basis: (D, d) of the descriptor space, constant; None where there is none.
    """

    mean: Tensor
    deviation: Tensor
    basis: Tensor | None

    def __init__(
        self,
        kind: LearnedQueryKind,
        dim: int,
        *,
        full_dim: int | None = None,
        basis: NDArray[np.float32] | None = None,
    ) -> None:
        """Build; a backbone other than the embedded one starts at random.

        Args:
            kind: what to build.
            dim: d, length of the map's descriptors.
            full_dim: length of the gallery network's own descriptor before the projection.
            basis: (full_dim, d), where the space has a projection.
        """
        super().__init__()
        self.name = f'{kind.backbone}-{kind.head}'
        self.input_px = kind.input_px
        self._normalised = kind.backbone != 'embedded'
        self.backbone = (
            TimmFeatures(kind.backbone, stride_px=kind.stride_px, weights=kind.weights)
            if self._normalised
            else Backbone('tf_efficientnet_lite0')
        )
        head: Any = _head(kind, int(self.backbone.channels))
        self.head: nn.Module = head
        speaks_full = head.dim == (full_dim or dim) and kind.head != 'gem'
        self.projection = None if speaks_full else nn.Linear(int(head.dim), dim)
        constant = torch.tensor(basis) if speaks_full and basis is not None else None
        self.register_buffer('basis', constant, persistent=False)
        self.dim = dim
        self.register_buffer('mean', 255 * torch.tensor(MEAN).view(1, 3, 1, 1), persistent=False)
        self.register_buffer(
            'deviation', 255 * torch.tensor(DEVIATION).view(1, 3, 1, 1), persistent=False
        )
        self.eval()

    def pooled(self, images: Tensor) -> Tensor:
        """Describe (B, S, S, 3) uint8 RGB by the head's (B, D) unit rows."""
        if self._normalised:
            pixels = images.permute(0, 3, 1, 2).to(self.mean.dtype)
            images = (pixels - self.mean) / self.deviation
        return self.head(self.backbone(images))  # type: ignore[no-any-return]

    def forward(self, images: Tensor) -> Tensor:
        """Describe (B, S, S, 3) uint8 RGB by (B, d) float32 unit rows."""
        rows = self.pooled(images)
        if self.projection is not None:
            return F.normalize(self.projection(rows), dim=1)
        return rows if self.basis is None else project(rows, self.basis)

    def describe(self, images: Sequence[RgbImage]) -> Descriptors:
        """Describe images of any size: (N, d) float32 unit rows."""
        return describe_images(self, images, self.input_px, self.dim)


def _head(kind: LearnedQueryKind, channels: int) -> nn.Module:
    if kind.head == 'gem':
        return GemHead(channels)
    if kind.head == 'salad':
        return SaladHead(channels)
    if kind.head == 'boq':
        return BoqHead(channels, width=kind.head_width)
    raise ConfigError(f'unknown query head {kind.head!r}; use boq, gem or salad')
