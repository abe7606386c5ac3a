# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A gallery network of the embedded kind, in a descriptor space that has been fitted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray
import torch
from torch import Tensor, nn

from avpr_ros.arrays import Descriptors, RgbImage
from avpr_ros.errors import SpaceMismatchError
from avpr_ros.gallery.descriptor_space import DescriptorSpace
from avpr_ros.networks.backbone import Backbone
from avpr_ros.networks.vlad import hard_vlad, project, unit_features
from avpr_ros.runtime.preprocess import squash

#: Names of the arrays in a descriptor space of this kind.
VOCABULARY = 'vocabulary'
BASIS = 'basis'
_BATCH = 8


@dataclass(frozen=True)
class EmbeddedKind:
    """One network of the embedded kind.

    Attributes:
        backbone: timm's name.
        input_px: side of the square image.
        words: size of the vocabulary.
    """

    backbone: str
    input_px: int
    words: int = 32


#: Names of gallery networks that need no download.
EMBEDDED_KINDS = {
    'embedded': EmbeddedKind('tf_efficientnet_lite2', 320),
    'embedded-light': EmbeddedKind('tf_efficientnet_lite0', 192),
}


class EmbeddedGalleryNetwork(nn.Module):
    """Local features, hard-assignment VLAD, projection; frozen.

    Attributes:
        input_px: side S of the square image.
        backbone: gives (B, C, S/16, S/16).
        vocabulary: (K, C) unit rows.
        basis: (K*C, d), orthonormal columns.
    """

    vocabulary: Tensor
    basis: Tensor

    def __init__(
        self,
        backbone: Backbone,
        input_px: int,
        vocabulary: NDArray[np.float32],
        basis: NDArray[np.float32],
    ) -> None:
        super().__init__()
        self.backbone = backbone
        self.input_px = input_px
        self.register_buffer('vocabulary', torch.tensor(vocabulary))
        self.register_buffer('basis', torch.tensor(basis))
        self.requires_grad_(False).eval()

    @classmethod
    def from_space(cls, space: DescriptorSpace) -> EmbeddedGalleryNetwork:
        """Build the network that a map was described with.

        Raises:
            SpaceMismatchError: the space is not of the embedded kind, or lacks its arrays.
        """
        kind = EMBEDDED_KINDS.get(space.network)
        if kind is None or not {VOCABULARY, BASIS} <= set(space.arrays):
            raise SpaceMismatchError(
                f'descriptor space {space.id[:12]} of network {space.network!r} with arrays '
                f'{sorted(space.arrays)} is not of the embedded kind; build the map again'
            )
        return cls(
            Backbone(kind.backbone),
            space.input_px,
            space.arrays[VOCABULARY],
            space.arrays[BASIS],
        )

    def forward(self, images: Tensor) -> Tensor:
        """Describe (B, S, S, 3) uint8 RGB by (B, d) float32 unit rows."""
        features = unit_features(self.backbone(images))
        return project(hard_vlad(features, self.vocabulary), self.basis)

    def describe(self, images: Sequence[RgbImage]) -> Descriptors:
        """Describe images of any size: (N, d) float32 unit rows."""
        return describe_images(self, images, self.input_px, self.basis.shape[1])


def describe_images(
    network: nn.Module, images: Sequence[RgbImage], input_px: int, dim: int
) -> Descriptors:
    """Run a network over images of any size: (N, dim) float32."""
    rows = np.empty((len(images), dim), dtype=np.float32)
    start = 0
    with torch.inference_mode():
        for batch in image_batches(images, input_px):
            rows[start : start + len(batch)] = network(batch).numpy()
            start += len(batch)
    return rows


def image_batches(images: Iterable[RgbImage], input_px: int) -> Iterator[Tensor]:
    """Squash images to squares and stack them: batches (b, S, S, 3) uint8, b <= 8."""
    squares = (squash(image, input_px) for image in images)
    while batch := list(islice(squares, _BATCH)):
        yield torch.from_numpy(np.stack(batch))
