# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""XFeat: a small network for keypoints and dense local descriptors (Potje et al., CVPR 2024)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

#: Numbers of a local descriptor.
XFEAT_DIM = 64
#: Descriptors lie on a grid of cells of this side, in pixels of the network's input.
CELL_PX = 8


class XFeat(nn.Module):
    """The network of the paper's figure 2; names of its parts are those of the published weights.

    A backbone of five blocks, each at half the resolution of the one before, whose last three are
    summed at an eighth; a head for the reliability of the descriptors; and a second branch that
    finds keypoints in cells of eight by eight pixels.

    Shapes:
        image: (1, 1, H, W) grey values of any scale; H and W are multiples of 32.
        descriptors: (1, 64, H / 8, W / 8) of length 1.
        keypoints: (1, 1, H, W) probability of a keypoint at each pixel.
        reliability: (1, 1, H / 8, W / 8), 0 to 1.
    """

    def __init__(self) -> None:
        super().__init__()
        self.skip1 = nn.Sequential(nn.AvgPool2d(4, 4), nn.Conv2d(1, 24, 1))
        self.block1 = nn.Sequential(
            _Layer(1, 4), _Layer(4, 8, stride=2), _Layer(8, 8), _Layer(8, 24, stride=2)
        )
        self.block2 = nn.Sequential(_Layer(24, 24), _Layer(24, 24))
        self.block3 = nn.Sequential(_Layer(24, 64, stride=2), _Layer(64, 64), _Layer(64, 64, 1))
        self.block4 = nn.Sequential(_Layer(64, 64, stride=2), _Layer(64, 64), _Layer(64, 64))
        self.block5 = nn.Sequential(
            _Layer(64, 128, stride=2), _Layer(128, 128), _Layer(128, 128), _Layer(128, 64, 1)
        )
        self.block_fusion = nn.Sequential(
            _Layer(64, 64), _Layer(64, 64), nn.Conv2d(64, XFEAT_DIM, 1)
        )
        self.heatmap_head = nn.Sequential(
            _Layer(64, 64, 1), _Layer(64, 64, 1), nn.Conv2d(64, 1, 1), nn.Sigmoid()
        )
        self.keypoint_head = nn.Sequential(
            *(_Layer(64, 64, 1) for _ in range(3)), nn.Conv2d(64, CELL_PX**2 + 1, 1)
        )

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return descriptors, keypoint probabilities and reliabilities, see the class."""
        normal = _normalised(image)
        features = self._features(normal)
        # Of each cell the last of 65 classes is 'no keypoint'.
        cells = self.keypoint_head(functional.pixel_unshuffle(normal, CELL_PX))
        keypoints = functional.pixel_shuffle(cells.softmax(1)[:, : CELL_PX**2], CELL_PX)
        return functional.normalize(features, dim=1), keypoints, self.heatmap_head(features)

    def dense(self, image: Tensor) -> Tensor:
        """Return the descriptors alone, (B, 64, H / 8, W / 8), not yet of length 1."""
        return self._features(_normalised(image))

    def _features(self, normal: Tensor) -> Tensor:
        fine = self.block2(self.block1(normal) + self.skip1(normal))
        third = self.block3(fine)
        fourth = self.block4(third)
        fifth = self.block5(fourth)
        size = third.shape[-2:]
        coarse = [functional.interpolate(each, size, mode='bilinear') for each in (fourth, fifth)]
        features: Tensor = self.block_fusion(third + coarse[0] + coarse[1])
        return features


def _normalised(image: Tensor) -> Tensor:
    """Normalise each image to mean 0 and deviation 1, as an instance normalisation does."""
    centred = image - image.mean((2, 3), keepdim=True)
    variance = centred.square().mean((2, 3), keepdim=True)
    return centred / torch.sqrt(variance + 1e-5)


class _Layer(nn.Module):
    """Convolution, batch normalisation without affine parameters, ReLU."""

    def __init__(self, inputs: int, outputs: int, side: int = 3, stride: int = 1) -> None:
        super().__init__()
        self.layer = nn.Sequential(
            nn.Conv2d(inputs, outputs, side, stride, side // 2, bias=False),
            nn.BatchNorm2d(outputs, affine=False),
            nn.ReLU(inplace=True),
        )

    def forward(self, values: Tensor) -> Tensor:
        result: Tensor = self.layer(values)
        return result
