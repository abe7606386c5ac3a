# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A gallery network of the embedded kind, in a descriptor space that has been fitted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

import numpy as np
import torch
from torch import Tensor, nn

from avpr_ros.arrays import Descriptors, RgbImage
from avpr_ros.errors import SpaceMismatchError
from avpr_ros.gallery.descriptor_space import DescriptorSpace
from avpr_ros.networks.embedded.dense_features import DenseFeatures
from avpr_ros.networks.embedded.fitted_parts import FittedParts
from avpr_ros.networks.embedded.kinds import EMBEDDED_KINDS
from avpr_ros.networks.vlad import hard_vlad
from avpr_ros.runtime.preprocess import squash

_BATCH = 8


class EmbeddedGalleryNetwork(nn.Module):
    """Local features of one or more networks, hard-assignment VLAD, projection; frozen.

    Attributes:
        input_px: side S of the square image.
        dense_features: of each part, resized from the square image.
        fitted: vocabularies, weights and basis of the descriptor space.
    """

    def __init__(self, dense_features: DenseFeatures, input_px: int, fitted: FittedParts) -> None:
        super().__init__()
        self.dense_features = dense_features
        self.input_px = input_px
        self.fitted = fitted
        self.requires_grad_(False).eval()

    @classmethod
    def from_space(cls, space: DescriptorSpace, projected: bool = True) -> EmbeddedGalleryNetwork:
        """Build the network that a map was described with.

        Args:
            space: of the map.
            projected: whether the projection of the map is applied; false gives the long
                descriptors, which maps of one vocabulary share.

        Raises:
            ConfigError: weights of a part are not installed.
            SpaceMismatchError: the space is not of the embedded kind, or lacks its arrays.
        """
        kind = EMBEDDED_KINDS.get(space.network)
        if kind is None:
            raise SpaceMismatchError(
                f'descriptor space {space.id[:12]} of network {space.network!r} is not of the '
                'embedded kind; build the map again'
            )
        fitted = FittedParts.from_space(space, len(kind.parts), projected)
        return cls(DenseFeatures(kind), space.input_px, fitted)

    def forward(self, images: Tensor) -> Tensor:
        """Describe (B, S, S, 3) uint8 RGB by (B, d) float32 unit rows."""
        features = self.dense_features(images)
        return self.fitted.project(
            [
                hard_vlad(of_part, words)
                for of_part, words in zip(features, self.fitted.vocabularies(), strict=True)
            ]
        )

    def describe(self, images: Sequence[RgbImage]) -> Descriptors:
        """Describe images of any size: (N, d) float32 unit rows."""
        return describe_images(self, images, self.input_px, self.fitted.dim)


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
