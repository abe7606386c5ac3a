# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Dense local features of the parts of an embedded network."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from avpr_ros.networks.backbone import Backbone, fold_batch_norms
from avpr_ros.networks.embedded.kinds import XFEAT, EmbeddedKind
from avpr_ros.networks.vlad import unit_features
from avpr_ros.networks.xfeat import XFEAT_DIM, XFeat
from avpr_ros.networks.xfeat_export import load_xfeat

#: Luminance of RGB, after ITU-R BT.601.
_LUMINANCE = (0.299, 0.587, 0.114)


class DenseXFeat(nn.Module):
    """The dense descriptors of XFeat for square RGB images; frozen.

    Attributes:
        channels: numbers of a descriptor.
    """

    luminance: Tensor
    channels = XFEAT_DIM

    def __init__(self, network: XFeat | None = None) -> None:
        """Take a network; None: the one with the published weights.

        Raises:
            ConfigError: their package is not installed.
        """
        super().__init__()
        self.network = load_xfeat() if network is None else network
        fold_batch_norms(self.network)
        self.register_buffer(
            'luminance', torch.tensor(_LUMINANCE).view(1, 3, 1, 1), persistent=False
        )
        self.requires_grad_(False).eval()

    def forward(self, images: Tensor) -> Tensor:
        """Return (B, 64, S / 8, S / 8) for (B, S, S, 3) RGB of any scale; 32 divides S."""
        planes = images.permute(0, 3, 1, 2).to(self.luminance.dtype)
        return self.network.dense(functional.conv2d(planes, self.luminance))


class DenseFeatures(nn.Module):
    """Local features of each part of a gallery network, of one square image; frozen.

    Attributes:
        sizes_px: side of the image that each part sees.
        networks: of the parts, each network once.
    """

    def __init__(self, kind: EmbeddedKind, networks: Sequence[nn.Module] | None = None) -> None:
        """Load the networks.

        Args:
            kind: of the gallery network.
            networks: one a part instead of those with the embedded weights.

        Raises:
            ConfigError: weights of a part are not installed.
        """
        super().__init__()
        self.sizes_px = [part.input_px for part in kind.parts]
        if networks is None:
            names = list(dict.fromkeys(part.network for part in kind.parts))
            loaded = {name: _load(name) for name in names}
            networks = [loaded[part.network] for part in kind.parts]
        self.networks = nn.ModuleList(networks)
        self.requires_grad_(False).eval()

    def maps(self, images: Tensor) -> list[Tensor]:
        """Return (B, C, h, w) for each part of (B, S, S, 3) uint8."""
        return [
            network(resized(images, size_px))
            for network, size_px in zip(self.networks, self.sizes_px, strict=True)
        ]

    def forward(self, images: Tensor) -> list[Tensor]:
        """Return (B, n, C) unit rows for each part of (B, S, S, 3) uint8."""
        return [unit_features(features) for features in self.maps(images)]


def resized(images: Tensor, size_px: int) -> Tensor:
    """Resize (B, S, S, 3) to a smaller square; the same operation exists in ONNX."""
    if images.shape[1] == size_px:
        return images
    planes = images.permute(0, 3, 1, 2).float()
    smaller = functional.interpolate(
        planes, size=(size_px, size_px), mode='bilinear', align_corners=False
    )
    return smaller.permute(0, 2, 3, 1)


def _load(name: str) -> nn.Module:
    return DenseXFeat() if name == XFEAT else Backbone(name)
