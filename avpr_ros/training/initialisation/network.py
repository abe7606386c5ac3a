# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Closed-form start of a query network: ridge regression of local features."""

from __future__ import annotations

import torch
from torch import Tensor
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
    """Set the query network's linear map so that its features predict the gallery network's.

    Solves min |W [x, 1] - y|^2 + r |W|^2 over the cells of the light network's grid, where x is a
    light feature and y the unit feature of the gallery network, resampled to that grid.

    Args:
        network: its ``widen`` is set in place.
        gallery_network: of the same descriptor space.
        images: of the map; some of them, evenly spread, are used.
        progress: called with stage, done, total.
    """
    rows = evenly(len(images), _IMAGES)
    width = network.backbone.channels + 1
    gram = torch.zeros(width, width, dtype=torch.float64)
    cross = torch.zeros(width, network.widen.out_channels, dtype=torch.float64)
    done = 0
    light_batches = image_batches((images.read(int(row)) for row in rows), network.input_px)
    heavy_batches = image_batches(
        (images.read(int(row)) for row in rows), gallery_network.input_px
    )
    with torch.inference_mode():
        for light, heavy in zip(light_batches, heavy_batches, strict=True):
            x, y = _aligned(network.backbone(light), gallery_network.backbone(heavy))
            gram += x.T @ x
            cross += x.T @ y
            done += len(light)
            progress('initialisation', done, len(rows))
        ridge = _RIDGE * gram.diagonal()[:-1].mean()
        penalty = torch.full((width,), float(ridge), dtype=torch.float64)
        penalty[-1] = 0
        solution = torch.linalg.solve(gram + penalty.diag(), cross)
    with torch.no_grad():
        network.widen.weight.copy_(solution[:-1].T[:, :, None, None])
        network.widen.bias.copy_(solution[-1])  # type: ignore[union-attr]


def _aligned(light: Tensor, heavy: Tensor) -> tuple[Tensor, Tensor]:
    """Bring (B, C, h, w) and (B, C', h', w') to rows of the light grid, a one appended to x."""
    unit = unit_features(heavy).transpose(1, 2).reshape(heavy.shape)
    resampled = F.interpolate(
        unit, size=light.shape[2:], mode='bilinear', align_corners=False, antialias=True
    )
    y = unit_features(resampled).flatten(0, 1).double()
    x = light.flatten(2).transpose(1, 2).flatten(0, 1).double()
    return torch.cat([x, torch.ones(len(x), 1, dtype=torch.float64)], dim=1), y
