# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A foundation network in the descriptor space of a map: its weights' hash, and a projection."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from avpr_ros.arrays import Descriptors, RgbImage
from avpr_ros.errors import SpaceMismatchError
from avpr_ros.gallery.descriptor_space import BASIS, DescriptorSpace
from avpr_ros.networks.checkpoints.store import load_stored
from avpr_ros.networks.foundation.network import FoundationNetwork
from avpr_ros.networks.gallery_network import describe_images
from avpr_ros.networks.vlad import project

#: Array of a descriptor space of this kind: the 32 bytes of the weights' sha256.
CHECKPOINT = 'checkpoint_sha256'


class FoundationGalleryNetwork(nn.Module):
    """The network that a map was described with; frozen.

    Attributes:
        input_px: side S of the square image.
        whole: gives (B, D) unit rows.
        basis: (D, d), or None where the space is the network's own.
        dim: length d of a descriptor.
    """

    basis: Tensor | None

    def __init__(self, whole: FoundationNetwork, basis: Tensor | None) -> None:
        super().__init__()
        whole.fix_size()
        self.input_px = whole.input_px
        self.whole = whole
        self.register_buffer('basis', basis)
        self.dim = whole.dim if basis is None else int(basis.shape[1])
        self.requires_grad_(False).eval()

    @classmethod
    def from_space(cls, space: DescriptorSpace) -> FoundationGalleryNetwork:
        """Load the weights that a map was described with from the model folder.

        Raises:
            ConfigError: they are not there, or others are.
            SpaceMismatchError: the space is not of a foundation network.
        """
        whole = load_stored(space.network, cls.checkpoint_of(space))
        basis = space.arrays.get(BASIS)
        return cls(whole, None if basis is None else torch.tensor(basis))

    @staticmethod
    def checkpoint_of(space: DescriptorSpace) -> str:
        """Return the sha256 of the weights of a space; raises ``SpaceMismatchError``."""
        if CHECKPOINT not in space.arrays:
            raise SpaceMismatchError(
                f'descriptor space {space.id[:12]} of network {space.network!r} is not of a '
                'foundation network; build the map again'
            )
        return bytes(space.arrays[CHECKPOINT]).hex()

    def forward(self, images: Tensor) -> Tensor:
        """Describe (B, S, S, 3) uint8 RGB by (B, d) float32 unit rows."""
        rows: Tensor = self.whole(images)
        return rows if self.basis is None else project(rows, self.basis)

    def describe(self, images: Sequence[RgbImage]) -> Descriptors:
        """Describe images of any size: (N, d) float32 unit rows."""
        return describe_images(self, images, self.input_px, self.dim)
