# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Mid-level local features: an EfficientNet-Lite cut after ``blocks[4]``, stride 16."""

from __future__ import annotations

from typing import Any

import timm
from timm.layers.conv2d_same import Conv2dSame
import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from avpr_ros.networks.weights import embedded_classifier

#: ImageNet statistics of RGB in [0, 1].
MEAN = (0.485, 0.456, 0.406)
DEVIATION = (0.229, 0.224, 0.225)
STRIDE_PX = 16
_LAST_BLOCK = 4


class Backbone(nn.Module):
    """Local features of stride 16 from uint8 images; the normalisation is inside.

    Every BatchNorm is folded into the convolution before it: its statistics are frozen by
    construction, training and inference are one function, and both are faster.

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
        whole: Any = embedded_classifier(name) if embedded else timm.create_model(name).eval()
        fold_batch_norms(whole)
        fix_padding(whole)
        self.name = name
        self.stem = nn.Sequential(whole.conv_stem, whole.bn1)
        self.blocks: nn.Sequential = whole.blocks[: _LAST_BLOCK + 1]
        self.channels = int(whole.blocks[_LAST_BLOCK][-1].conv_pwl.out_channels)
        self.register_buffer('mean', 255 * torch.tensor(MEAN).view(1, 3, 1, 1), persistent=False)
        self.register_buffer(
            'deviation', 255 * torch.tensor(DEVIATION).view(1, 3, 1, 1), persistent=False
        )
        self.eval()

    def forward(self, images: Tensor) -> Tensor:
        """Describe (B, S, S, 3) uint8 RGB by (B, C, S/16, S/16) float32; 16 divides S."""
        features: Tensor = self.blocks(self.stem(self.normalised(images)))
        return features

    def normalised(self, images: Tensor) -> Tensor:
        """Bring (B, S, S, 3) uint8 RGB to (B, 3, S, S) of ImageNet's mean and deviation."""
        pixels = images.permute(0, 3, 1, 2).to(self.mean.dtype)
        return (pixels - self.mean) / self.deviation

    def freeze(self, blocks: int) -> None:
        """Keep the stem and the first blocks out of training; all others take part in it."""
        for module in (self.stem, self.blocks[:blocks]):
            module.requires_grad_(False)
        self.blocks[blocks:].requires_grad_(True)


def fold_batch_norms(module: nn.Module) -> None:
    """Fold each BatchNorm of an eval-mode network into the convolution before it, in place.

    timm's ``BatchNormAct2d`` holds the activation too; that stays.
    """
    convolution = ''
    for name, child in list(module.named_children()):
        if isinstance(child, nn.BatchNorm2d) and convolution:
            fused = fuse_conv_bn_eval(module.get_submodule(convolution), child)  # type: ignore[type-var]
            setattr(module, convolution, fused)
            setattr(module, name, getattr(child, 'act', nn.Identity()))
            convolution = ''
        elif isinstance(child, nn.Conv2d):
            convolution = name
        else:
            fold_batch_norms(child)


def fix_padding(module: nn.Module) -> None:
    """Replace TensorFlow's SAME padding by fixed padding, in place.

    timm computes it from each input's size. For an even input, a stride of 2 and an odd kernel k
    it is always (k - 3) / 2 before and (k - 1) / 2 after, and 16 divides the images' side.
    """
    for name, child in list(module.named_children()):
        if isinstance(child, Conv2dSame):
            before, after = (child.kernel_size[0] - 3) // 2, (child.kernel_size[0] - 1) // 2
            plain = nn.Conv2d(
                child.in_channels,
                child.out_channels,
                child.kernel_size[0],
                stride=child.stride[0],
                groups=child.groups,
            )
            plain.load_state_dict(child.state_dict())
            padding = nn.ZeroPad2d((before, after, before, after))
            setattr(module, name, nn.Sequential(padding, plain))
        else:
            fix_padding(child)
