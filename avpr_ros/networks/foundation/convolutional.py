# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Convolutional backbones: torchvision's as the published files number them, and timm's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import timm
import torch
from torch import Tensor, nn
import torchvision

from avpr_ros.errors import ConfigError


class TorchvisionResNet(nn.Sequential):
    """conv1, bn1, relu, maxpool and the stages, numbered 0 to 7 as in the published files.

    Attributes:
        channels: width C of the features.
    """

    def __init__(self, name: str, *, stages: int = 4) -> None:
        """Build with random weights.

        Args:
            name: torchvision's name.
            stages: 4 gives stride 32, 3 gives stride 16.
        """
        whole = torchvision.models.get_model(name, weights=None)
        super().__init__(*list(whole.children())[: 4 + stages])
        last: Any = list(self[-1].children())[-1]
        self.channels = int((last.conv3 if hasattr(last, 'conv3') else last.conv2).out_channels)


class TorchvisionVgg16(nn.Sequential):
    """VGG16's layers up to the last convolution, without its ReLU, stride 16."""

    channels = 512

    def __init__(self) -> None:
        whole: Any = torchvision.models.get_model('vgg16', weights=None)
        super().__init__(*list(whole.features.children())[:-2])


class TimmFeatures(nn.Module):
    """One stage of any timm network that gives feature maps.

    Attributes:
        channels: width C of the features.
        stride_px: pixels a cell, on each axis.
    """

    def __init__(self, name: str, *, stride_px: int = 32, weights: Path | None = None) -> None:
        """Build, with random weights where no file is given.

        Args:
            name: timm's name.
            stride_px: 32 or 16; the deepest stage that is not coarser is taken.
            weights: a weights file of timm.

        Raises:
            ConfigError: timm has no such network, or the file is missing.
        """
        super().__init__()
        _check(name, weights)
        info: Any = timm.create_model(name, features_only=True).feature_info
        strides = info.reduction()
        fine = [index for index, stride in enumerate(strides) if stride <= stride_px]
        self.network = timm.create_model(
            name,
            features_only=True,
            out_indices=[fine[-1]],
            pretrained=weights is not None,
            pretrained_cfg_overlay=None if weights is None else {'file': str(weights)},
        )
        info = self.network.feature_info
        self.channels = int(info.channels()[-1])
        self.stride_px = int(info.reduction()[-1])

    def forward(self, pixels: Tensor) -> Tensor:
        """Describe (B, 3, H, W) normalised pixels by (B, C, h, w)."""
        (features,) = self.network(pixels)
        return features  # type: ignore[no-any-return]

    def freeze(self, blocks: int) -> None:
        """Train everything: which blocks are early differs from network to network."""
        self.requires_grad_(True)

    def train(self, mode: bool = True) -> TimmFeatures:
        """Keep batch norms at their stored statistics: a map has too few images for new ones."""
        super().train(mode)
        for module in self.modules():
            if isinstance(module, torch.nn.modules.batchnorm._BatchNorm):
                module.eval()
        return self


class TimmWhole(nn.Module):
    """A whole convolutional network of timm, classifier included so that its file fits strictly.

    Attributes:
        channels: width C of the last features.
    """

    def __init__(self, name: str) -> None:
        """Build with random weights.

        Raises:
            ConfigError: timm has no such network.
        """
        super().__init__()
        _check(name, None)
        network: Any = timm.create_model(name)
        self.network = network
        self.channels = int(network.num_features)

    def forward(self, pixels: Tensor) -> Tensor:
        """Describe (B, 3, H, W) normalised pixels by (B, C, h, w).

        Raises:
            ConfigError: the network gives tokens, no feature map.
        """
        features: Tensor = self.network.forward_features(pixels)
        if features.dim() != 4 or features.shape[1] != self.channels:
            raise ConfigError(
                'GeM needs a convolutional timm network, this one outputs tokens; choose another'
            )
        return features


def _check(name: str, weights: Path | None) -> None:
    if name not in timm.list_models():
        raise ConfigError(f'timm has no network {name!r}; see timm.list_models()')
    if weights is not None and not weights.is_file():
        raise ConfigError(f'the weights file {weights} is missing; give the path of a file')
