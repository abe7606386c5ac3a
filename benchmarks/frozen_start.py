# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A query network cut where training begins: what is frozen need be computed once only."""

from __future__ import annotations

import torch
from torch import Tensor

from avpr_ros.networks.embedded.dense_features import resized
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
        self._shapes: list[torch.Size] = []

    def features(self, images: Tensor) -> Tensor:
        """Return the output of the frozen layers for (B, S, S, 3) uint8: (B, n), flat."""
        network = self._network
        with torch.no_grad():
            seen = resized(images, network.backbone_px)
            start = network.backbone.stem(network.backbone.normalised(seen))
            maps = [network.backbone.blocks[: self._blocks](start)]
            if (dense := network.dense_xfeat(images)) is not None:
                maps.append(dense)
        self._shapes = [features.shape[1:] for features in maps]
        return torch.cat([features.flatten(1) for features in maps], dim=1)

    def finish(self, features: Tensor) -> Tensor:
        """Return what the whole network gives, (B, d) unit rows, from the frozen part's output."""
        sizes = [shape.numel() for shape in self._map_shapes()]
        light, *dense = (
            part.reshape(len(part), *shape)
            for part, shape in zip(
                torch.split(features, sizes, 1), self._map_shapes(), strict=True
            )
        )
        backbone = self._network.backbone
        return self._network.aggregate(backbone.blocks[self._blocks :](light), *dense)

    def _map_shapes(self) -> list[torch.Size]:
        if not self._shapes:
            side_px = self.input_px
            self.features(torch.zeros(1, side_px, side_px, 3, dtype=torch.uint8))
        return self._shapes
