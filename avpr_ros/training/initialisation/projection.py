# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Closed-form start of a learned head: ridge regression of the map's stored descriptors."""

from __future__ import annotations

import numpy as np
import torch

from avpr_ros.arrays import Descriptors, evenly
from avpr_ros.gallery.describer import Progress
from avpr_ros.networks.gallery_network import image_batches
from avpr_ros.networks.learned_query import LearnedQueryNetwork
from avpr_ros.training.images import TrainingImages

#: More images than this add time, not quality.
_IMAGES = 512
#: Ridge, as a share of the mean square of the pooled features about their mean.
_RIDGE = 1.0


def initialise_projection(
    network: LearnedQueryNetwork,
    descriptors: Descriptors,
    images: TrainingImages,
    progress: Progress,
) -> None:
    """Set the last linear layer so that it predicts stored descriptors; no-op without one.

    Solves min |W x + b - g|^2 + r |W|^2 over images, where x is what the head gives and g the
    stored gallery descriptor.

    Args:
        network: its ``projection`` is set in place.
        descriptors: (N, d) of the map.
        images: N of the map; some of them, evenly spread, are used.
        progress: called with stage, done, total.
    """
    if network.projection is None:
        return
    rows = evenly(len(images), _IMAGES)
    pooled, done = [], 0
    with torch.inference_mode():
        for batch in image_batches((images.read(int(row)) for row in rows), network.input_px):
            pooled.append(network.pooled(batch).double())
            done += len(batch)
            progress('initialisation', done, len(rows))
    x = torch.cat(pooled)
    y = torch.from_numpy(np.asarray(descriptors[rows], dtype=np.float64))
    x_mean, y_mean = x.mean(dim=0), y.mean(dim=0)
    gram = (x - x_mean).T @ (x - x_mean)
    ridge = _RIDGE * gram.diagonal().mean().clamp(min=1e-9)
    solution = torch.linalg.solve(
        gram + ridge * torch.eye(len(gram), dtype=gram.dtype), (x - x_mean).T @ (y - y_mean)
    )
    with torch.no_grad():
        network.projection.weight.copy_(solution.T)
        network.projection.bias.copy_(y_mean - x_mean @ solution)
