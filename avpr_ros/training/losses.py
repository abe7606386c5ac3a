# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What the query network is trained to minimise; every row is a unit vector.

Temperatures of 0.05 multiply rounding errors by 20, so logits and sums are float32 outside
autocast.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812


def asymmetric_contrastive(
    queries: Tensor, targets: Tensor, centroids: Tensor, excluded: Tensor, temperature: float
) -> Tensor:
    """Tell the stored descriptor of the same image from the centroids of all other places.

    Equation of AsymVPR (arXiv 2512.13055) without implicit augmentation: with
    a = q.g / t and n = log sum_j exp(q.c_j / t), the loss is softplus(n - a).

    Args:
        queries: (B, d) of the query network.
        targets: (B, d) stored gallery descriptors of the same images; constant.
        centroids: (M, d), one a place; constant.
        excluded: (B, M) bool, true for the query's own place and those too near.
        temperature: t.

    Returns:
        Mean over the batch. A query whose places are all excluded adds nothing.
    """
    with torch.autocast(queries.device.type, enabled=False):
        q = queries.float()
        positive = (q * targets.float()).sum(dim=1) / temperature
        logits = (q @ centroids.float().T / temperature).masked_fill(excluded, -torch.inf)
        contested = ~excluded.all(dim=1)
        negatives = logits[contested].logsumexp(dim=1)
        return F.softplus(negatives - positive[contested]).sum() / len(q)


def regression(queries: Tensor, targets: Tensor) -> Tensor:
    """Return the mean of |q - g|^2 over the batch, which is 2 - 2 q.g for unit rows."""
    with torch.autocast(queries.device.type, enabled=False):
        return (queries.float() - targets.float()).square().sum(dim=1).mean()
