# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""How much a place's descriptors vary along a query: ``q' Sigma q`` in its forms.

The full form needs no d x d matrix: ``q' Sigma q`` is the variance of the projections ``q.g_i``
over the images of the place. It leaves the query's own image out; with it, the term is dominated
by ``(q.(g - c))^2 / n`` and pushes a query off its own positive.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from avpr_ros.arrays import IntArray, evenly
from avpr_ros.training.objectives.gallery_side import GallerySide

#: ``none`` and ``constant`` need no variance; see ``Augmentation`` in ``iea.py``.
Variance = Literal['none', 'constant', 'diagonal', 'leave_one_out', 'shrunk']
#: Share of the full form in ``shrunk``.
SHRUNK_SHARE = 0.5


def spread(queries: Tensor, rows: IntArray, gallery: GallerySide, form: Variance) -> Tensor:
    """Return ``q' Sigma q`` for each query, (B,).

    Args:
        queries: (B, d).
        rows: (B,) rows of the gallery that the queries are views of.
        gallery: the frozen side.
        form: ``diagonal`` (the paper's), ``leave_one_out`` (full) or ``shrunk`` (half each).
    """
    if form == 'diagonal':
        return diagonal(queries, rows, gallery)
    full = leave_one_out(queries, rows, gallery)
    if form == 'leave_one_out':
        return full
    return SHRUNK_SHARE * full + (1 - SHRUNK_SHARE) * diagonal(queries, rows, gallery)


def diagonal(queries: Tensor, rows: IntArray, gallery: GallerySide) -> Tensor:
    """Return ``sum_k (sigma_k q_k)^2``, sigma shrunk towards that of the whole map."""
    variances = torch.from_numpy(gallery.bank.variances(gallery.labels(rows)))
    return (variances.to(queries) * queries.square()).sum(dim=1)


def leave_one_out(queries: Tensor, rows: IntArray, gallery: GallerySide) -> Tensor:
    """Return the variance of ``q.g_i`` over the other images (and views) of the place.

    n dot products a query. Zero where fewer than two are left.
    """
    found = []
    for query, row in zip(queries, rows.tolist(), strict=True):
        others = gallery.others_of_place(row).to(query)
        found.append((others @ query).var(unbiased=False) if len(others) > 1 else 0 * query.sum())
    return torch.stack(found)


def mean_spread(gallery: GallerySide, form: Variance, most: int = 1024) -> float:
    """Return the mean of ``q' Sigma q`` at ``q = g`` over evenly spread rows of the gallery."""
    rows = evenly(len(gallery), most)
    with torch.no_grad():
        return float(spread(gallery.targets(rows), rows, gallery, form).mean())
