# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The embedded query network: a light network in the descriptor space of a heavy one."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from avpr_ros.arrays import Descriptors, RgbImage
from avpr_ros.errors import SpaceMismatchError
from avpr_ros.gallery.descriptor_space import DescriptorSpace
from avpr_ros.networks.backbone import Backbone
from avpr_ros.networks.embedded.dense_features import DenseXFeat, resized
from avpr_ros.networks.embedded.fitted_parts import FittedParts
from avpr_ros.networks.embedded.kinds import EMBEDDED_KINDS, XFEAT
from avpr_ros.networks.gallery_network import describe_images
from avpr_ros.networks.vlad import soft_vlad, unit_features

BACKBONE = 'tf_efficientnet_lite0'
INPUT_PX = 192
#: Side of the image that XFeat sees where a part of the space is made of its features.
XFEAT_PX = 320
#: Factor on the cosines before the softmax over words.
SHARPNESS = 60.0


class VladQueryNetwork(nn.Module):
    """Light local features, a linear map to the gallery's width, soft VLAD, the same projection.

    The same kind of aggregator stands on both sides, as in AsymVPR (arXiv 2512.13055); it is soft
    here so that the assignment can be learned through. Parts of the space that are made of XFeat
    are computed with XFeat itself, which is light; all others are learned.

    Attributes:
        name: name of the network.
        input_px: side S of the square image.
        backbone: sees the image at ``backbone_px`` and gives (B, C, h, w), trained.
        xfeat: dense descriptors of XFeat, frozen; None where no part of the space needs them.
        widen: for each part a 1x1 convolution from its source's width to the gallery's, trained.
        fitted: vocabularies, weights and basis of the descriptor space.
    """

    name = 'embedded-query'

    def __init__(
        self,
        fitted: FittedParts,
        *,
        input_px: int = INPUT_PX,
        embedded: bool = True,
        by_xfeat: Sequence[bool] = (False,),
        xfeat: DenseXFeat | None = None,
    ) -> None:
        """Set up.

        Args:
            fitted: of the descriptor space.
            input_px: side of the image that the backbone sees.
            embedded: with the embedded weights; false gives random ones.
            by_xfeat: for each part whether it is made of XFeat's features.
            xfeat: needed where one is.
        """
        super().__init__()
        self.backbone_px = input_px
        self.input_px = input_px if xfeat is None else XFEAT_PX
        self.backbone = Backbone(BACKBONE, embedded=embedded)
        self.xfeat = xfeat
        self.by_xfeat = list(by_xfeat)
        widths = [words.shape[1] for words in fitted.vocabularies()]
        self.widen = nn.ModuleList(
            nn.Conv2d(DenseXFeat.channels if of_xfeat else self.backbone.channels, width, 1)
            for of_xfeat, width in zip(self.by_xfeat, widths, strict=True)
        )
        self.fitted = fitted
        self.eval()

    @classmethod
    def for_space(cls, space: DescriptorSpace) -> VladQueryNetwork:
        """Start a query network with ImageNet weights for a space of the embedded kind.

        Raises:
            ConfigError: weights are not installed.
            SpaceMismatchError: the space is not of the embedded kind, or lacks its arrays.
        """
        kind = EMBEDDED_KINDS.get(space.network)
        if kind is None:
            raise SpaceMismatchError(
                f'descriptor space {space.id[:12]} of network {space.network!r} has no vocabulary '
                'and basis, which the embedded query network needs; build the map with '
                '--gallery-network embedded'
            )
        by_xfeat = [part.network == XFEAT for part in kind.parts]
        fitted = FittedParts.from_space(space, len(kind.parts))
        xfeat = DenseXFeat() if any(by_xfeat) else None
        return cls(fitted, by_xfeat=by_xfeat, xfeat=xfeat)

    def forward(self, images: Tensor) -> Tensor:
        """Describe (B, S, S, 3) uint8 RGB by (B, d) float32 unit rows."""
        return self.aggregate(*self.sources(images))

    def sources(self, images: Tensor) -> tuple[Tensor, Tensor | None]:
        """Return the maps (B, C, h, w) of the backbone and of XFeat, if that is used."""
        light = self.backbone(resized(images, self.backbone_px))
        return light, self.dense_xfeat(images)

    def dense_xfeat(self, images: Tensor) -> Tensor | None:
        """Return the map (B, 64, S / 8, S / 8) of XFeat; None where it is not used."""
        if self.xfeat is None:
            return None
        with torch.no_grad():
            features: Tensor = self.xfeat(images)
        return features

    def widened(self, light: Tensor, dense: Tensor | None) -> list[Tensor]:
        """Return (B, n, C') unit rows in the width of each part of the gallery network."""
        rows = []
        for of_xfeat, widen in zip(self.by_xfeat, self.widen, strict=True):
            source = dense if of_xfeat and dense is not None else light
            rows.append(unit_features(widen(source)))
        return rows

    def aggregate(self, light: Tensor, dense: Tensor | None = None) -> Tensor:
        """Turn the sources' maps (B, C, h, w) into (B, d) unit rows."""
        vlads = [
            soft_vlad(local, words, SHARPNESS)
            for local, words in zip(
                self.widened(light, dense), self.fitted.vocabularies(), strict=True
            )
        ]
        return self.fitted.project(vlads)

    def describe(self, images: Sequence[RgbImage]) -> Descriptors:
        """Describe images of any size: (N, d) float32 unit rows."""
        return describe_images(self, images, self.input_px, self.fitted.dim)
