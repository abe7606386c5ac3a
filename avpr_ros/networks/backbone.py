# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Mid-level local features: an EfficientNet-Lite cut after ``blocks[4]``, stride 16."""

from __future__ import annotations

from typing import Any

import timm
import torch
from torch import Tensor, nn

from avpr_ros.networks.weights import embedded_classifier

#: ImageNet statistics of RGB in [0, 1].
MEAN = (0.485, 0.456, 0.406)
DEVIATION = (0.229, 0.224, 0.225)
STRIDE_PX = 16
_LAST_BLOCK = 4


class Backbone(nn.Module):
    """Local features of stride 16 from uint8 images; the normalisation is inside.

    Attributes:
        name: timm's name of the network.
        channels: width C of the features.
    """

    name: str
    channels: int
    mean: Tensor
    deviation: Tensor

    def __init__(self, name: str, *, embedded: bool = True) -> None:
        """Cut the network.

        Args:
            name: ``tf_efficientnet_lite0`` or ``tf_efficientnet_lite2``.
            embedded: with the embedded weights; false gives timm's random start, for loading a
                state afterwards.
        """
        super().__init__()
        # The layers of timm's class are not typed.
        whole: Any = embedded_classifier(name) if embedded else timm.create_model(name)
        self.name = name
        self.stem = nn.Sequential(whole.conv_stem, whole.bn1)
        self.blocks: nn.Sequential = whole.blocks[: _LAST_BLOCK + 1]
        self.channels = int(whole.blocks[_LAST_BLOCK][-1].bn3.num_features)
        self.register_buffer('mean', 255 * torch.tensor(MEAN).view(1, 3, 1, 1), persistent=False)
        self.register_buffer(
            'deviation', 255 * torch.tensor(DEVIATION).view(1, 3, 1, 1), persistent=False
        )
        self.eval()

    def forward(self, images: Tensor) -> Tensor:
        """Describe (B, S, S, 3) uint8 RGB by (B, C, S/16, S/16) float32."""
        pixels = images.permute(0, 3, 1, 2).to(self.mean.dtype)
        features: Tensor = self.blocks(self.stem((pixels - self.mean) / self.deviation))
        return features
