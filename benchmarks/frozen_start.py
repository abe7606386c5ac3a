# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A query network cut where training begins: what is frozen need be computed once only."""

from __future__ import annotations

import torch
from torch import Tensor

from avpr_ros.networks.query_network import VladQueryNetwork


class FrozenStart:
    """The frozen layers of an embedded query network, and the rest of it.

    Attributes:
        input_px: side S of the square image that the network sees.
    """

    def __init__(self, network: VladQueryNetwork, blocks: int) -> None:
        """Cut after the stem and so many blocks, and freeze what is before."""
        network.backbone.freeze(blocks)
        self.input_px = network.input_px
        self._network = network
        self._blocks = blocks

    def features(self, images: Tensor) -> Tensor:
        """Return the output of the frozen layers for (B, S, S, 3) uint8."""
        backbone = self._network.backbone
        with torch.no_grad():
            start = backbone.stem(backbone.normalised(images))
            features: Tensor = backbone.blocks[: self._blocks](start)
        return features

    def finish(self, features: Tensor) -> Tensor:
        """Return what the whole network gives, (B, d) unit rows, from the frozen part's output."""
        return self._network.aggregate(self._network.backbone.blocks[self._blocks :](features))
