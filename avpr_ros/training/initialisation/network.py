# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Closed-form start of a query network: ridge regression of local features."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from avpr_ros.arrays import evenly
from avpr_ros.gallery.describer import Progress
from avpr_ros.networks.gallery_network import EmbeddedGalleryNetwork, image_batches
from avpr_ros.networks.query_network import VladQueryNetwork
from avpr_ros.networks.vlad import unit_features
from avpr_ros.training.images import TrainingImages

#: 144 local features an image: far more rows than the hundred unknowns of a column.
_IMAGES = 128
#: Ridge, as a share of the mean square of the light features.
_RIDGE = 1e-3


def initialise_by_ridge(
    network: VladQueryNetwork,
    gallery_network: EmbeddedGalleryNetwork,
    images: TrainingImages,
    progress: Progress,
) -> None:
    """Set the query network's linear maps so that its features predict the gallery network's.

    For each part solves min |W [x, 1] - y|^2 + r |W|^2 over the cells of the source's grid, where
    x is a feature of the source and y the unit feature of the gallery network, resampled to that
    grid.

    Args:
        network: its ``widen`` is set in place.
        gallery_network: of the same descriptor space.
        images: of the map; some of them, evenly spread, are used.
        progress: called with stage, done, total.
    """
    rows = evenly(len(images), _IMAGES)
    fits = [_RidgeFit(convolution) for convolution in network.widen]
    done = 0
    light_batches = image_batches((images.read(int(row)) for row in rows), network.input_px)
    heavy_batches = image_batches(
        (images.read(int(row)) for row in rows), gallery_network.input_px
    )
    with torch.inference_mode():
        for light, heavy in zip(light_batches, heavy_batches, strict=True):
            by_backbone, dense = network.sources(light)
            wanted = gallery_network.dense_features.maps(heavy)
            for fit, of_xfeat, part in zip(fits, network.by_xfeat, wanted, strict=True):
                fit.add(dense if of_xfeat and dense is not None else by_backbone, part)
            done += len(light)
            progress('initialisation', done, len(rows))
    for fit in fits:
        fit.solve()


class _RidgeFit:
    """Normal equations of one 1x1 convolution.

    Attributes:
        convolution: set by ``solve``.
    """

    def __init__(self, convolution: nn.Module) -> None:
        if not isinstance(convolution, nn.Conv2d):
            raise TypeError(f'{type(convolution).__name__} is no convolution')
        self.convolution = convolution
        width = convolution.in_channels + 1
        self._gram = torch.zeros(width, width, dtype=torch.float64)
        self._cross = torch.zeros(width, convolution.out_channels, dtype=torch.float64)

    def add(self, source: Tensor, wanted: Tensor) -> None:
        """Add the cells of (B, C, h, w) and (B, C', h', w')."""
        x, y = _aligned(source, wanted)
        self._gram += x.T @ x
        self._cross += x.T @ y

    def solve(self) -> None:
        """Set weight and bias of the convolution."""
        ridge = _RIDGE * self._gram.diagonal()[:-1].mean()
        penalty = torch.full((len(self._gram),), float(ridge), dtype=torch.float64)
        penalty[-1] = 0
        solution = torch.linalg.solve(self._gram + penalty.diag(), self._cross)
        with torch.no_grad():
            self.convolution.weight.copy_(solution[:-1].T[:, :, None, None])
            self.convolution.bias.copy_(solution[-1])  # type: ignore[union-attr]


def _aligned(light: Tensor, heavy: Tensor) -> tuple[Tensor, Tensor]:
    """Bring (B, C, h, w) and (B, C', h', w') to rows of the light grid, a one appended to x."""
    unit = unit_features(heavy).transpose(1, 2).reshape(heavy.shape)
    resampled = F.interpolate(
        unit, size=light.shape[2:], mode='bilinear', align_corners=False, antialias=True
    )
    y = unit_features(resampled).flatten(0, 1).double()
    x = light.flatten(2).transpose(1, 2).flatten(0, 1).double()
    return torch.cat([x, torch.ones(len(x), 1, dtype=torch.float64)], dim=1), y
