# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The embedded query network: a light network in the descriptor space of a heavy one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
import torch
from torch import Tensor, nn

from avpr_ros.arrays import Descriptors, RgbImage
from avpr_ros.errors import SpaceMismatchError
from avpr_ros.gallery.descriptor_space import DescriptorSpace
from avpr_ros.networks.backbone import Backbone
from avpr_ros.networks.gallery_network import BASIS, VOCABULARY, describe_images
from avpr_ros.networks.vlad import project, soft_vlad, unit_features

BACKBONE = 'tf_efficientnet_lite0'
INPUT_PX = 192
#: Factor on the cosines before the softmax over words.
SHARPNESS = 60.0


class VladQueryNetwork(nn.Module):
    """Light local features, a linear map to the gallery's width, soft VLAD, the same projection.

    The same kind of aggregator stands on both sides, as in AsymVPR (arXiv 2512.13055); it is soft
    here so that the assignment can be learned through.

    Attributes:
        name: name of the network.
        input_px: side S of the square image.
        backbone: gives (B, C, S/16, S/16), trained.
        widen: 1x1 convolution from C to the gallery's C', trained.
        vocabulary: (K, C') unit rows, of the descriptor space.
        basis: (K*C', d), of the descriptor space.
    """

    vocabulary: Tensor
    basis: Tensor
    name = 'embedded-query'

    def __init__(
        self,
        vocabulary: NDArray[np.float32],
        basis: NDArray[np.float32],
        *,
        input_px: int = INPUT_PX,
        embedded: bool = True,
    ) -> None:
        super().__init__()
        self.input_px = input_px
        self.backbone = Backbone(BACKBONE, embedded=embedded)
        self.widen = nn.Conv2d(self.backbone.channels, vocabulary.shape[1], 1)
        # Known from the space, so not part of a checkpoint.
        self.register_buffer('vocabulary', torch.tensor(vocabulary), persistent=False)
        self.register_buffer('basis', torch.tensor(basis), persistent=False)
        self.eval()

    @classmethod
    def for_space(cls, space: DescriptorSpace) -> VladQueryNetwork:
        """Start a query network with ImageNet weights for a space of the embedded kind.

        Raises:
            SpaceMismatchError: the space has no vocabulary and basis.
        """
        if not {VOCABULARY, BASIS} <= set(space.arrays):
            raise SpaceMismatchError(
                f'descriptor space {space.id[:12]} of network {space.network!r} has no vocabulary '
                'and basis, which the embedded query network needs; build the map with '
                '--gallery-network embedded'
            )
        return cls(space.arrays[VOCABULARY], space.arrays[BASIS])

    def forward(self, images: Tensor) -> Tensor:
        """Describe (B, S, S, 3) uint8 RGB by (B, d) float32 unit rows."""
        return self.aggregate(self.backbone(images))

    def aggregate(self, features: Tensor) -> Tensor:
        """Turn the backbone's (B, C, h, w) into (B, d) unit rows."""
        local = unit_features(self.widen(features))
        return project(soft_vlad(local, self.vocabulary, SHARPNESS), self.basis)

    def describe(self, images: Sequence[RgbImage]) -> Descriptors:
        """Describe images of any size: (N, d) float32 unit rows."""
        return describe_images(self, images, self.input_px, self.basis.shape[1])
