# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Where the negatives of a contrastive loss come from: the bank of places, or a queue."""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812
from torch.utils.checkpoint import checkpoint

from avpr_ros.arrays import IntArray
from avpr_ros.training.objectives.gallery_side import GallerySide


class Negatives(nn.Module, ABC):
    """Gives ``n = log sum_j exp(q.c_j / t)`` over a query's negatives."""

    @abstractmethod
    def log_sum(self, queries: Tensor, rows: IntArray, temperature: float) -> Tensor:
        """Return (B,) of queries (B, d) of rows (B,); -inf where a query has no negative."""


class BankNegatives(Negatives):
    """The centroids of all places but the query's own and those too near it."""

    centroids: Tensor

    def __init__(
        self, gallery: GallerySide, *, normalise: bool = False, chunk_places: int | None = None
    ) -> None:
        """Take the centroids of a bank.

        Args:
            gallery: the frozen side.
            normalise: bring centroids to length one. As plain means they are shorter the more a
                place's images differ, which makes such a place a weaker negative.
            chunk_places: places worked through at once; their logits are computed again for the
                gradient instead of being kept. None: all at once.
        """
        super().__init__()
        self._gallery = gallery
        self._chunk_places = chunk_places
        centroids = torch.from_numpy(gallery.bank.centroids.astype(np.float32))
        centroids = F.normalize(centroids, dim=1) if normalise else centroids
        self.register_buffer('centroids', centroids, persistent=False)

    def log_sum(self, queries: Tensor, rows: IntArray, temperature: float) -> Tensor:
        """See ``Negatives.log_sum``."""
        excluded = self._gallery.excluded_places(rows).to(queries.device)
        if self._chunk_places is None:
            return masked_log_sum(queries, self.centroids, excluded, temperature)
        work = partial(masked_log_sum, temperature=temperature)
        parts = [
            checkpoint(work, queries, c, e, use_reentrant=False)
            for c, e in zip(
                torch.split(self.centroids, self._chunk_places),
                torch.split(excluded, self._chunk_places, dim=1),
                strict=True,
            )
        ]
        return torch.stack(parts).logsumexp(dim=0)


class QueueNegatives(Negatives):
    """The stored descriptors of the images of the last batches, after MoCo (CVPR 2020).

    The gallery is frozen, so the queue holds row numbers only.
    """

    queue: Tensor

    def __init__(self, gallery: GallerySide, size: int | None = None) -> None:
        """Start with an empty queue; as long as there are places unless a size is given."""
        super().__init__()
        self._gallery = gallery
        length = gallery.bank.places.count if size is None else size
        self.register_buffer('queue', torch.full((length,), -1, dtype=torch.int64))

    def log_sum(self, queries: Tensor, rows: IntArray, temperature: float) -> Tensor:
        """See ``Negatives.log_sum``; in training the batch enters the queue first."""
        if self.training:
            entering = torch.from_numpy(rows[: len(self.queue)]).to(self.queue.device)
            self.queue = torch.cat([entering, self.queue])[: len(self.queue)]
        held = self.queue[self.queue >= 0].cpu().numpy()
        if not len(held):
            return torch.full_like(queries[:, 0], -torch.inf)
        excluded = self._gallery.excluded_rows(rows, held).to(queries.device)
        return masked_log_sum(
            queries, self._gallery.targets(held).to(queries), excluded, temperature
        )


def masked_log_sum(
    queries: Tensor, others: Tensor, excluded: Tensor, temperature: float
) -> Tensor:
    """Return (B,) ``log sum_j exp(q.c_j / t)`` over what is not excluded; -inf over nothing.

    Args:
        queries: (B, d).
        others: (M, d).
        excluded: (B, M) bool.
        temperature: t.
    """
    logits = (queries @ others.to(queries).T / temperature).masked_fill(excluded, -torch.inf)
    # The gradient of logsumexp over nothing is not a number: give such rows a finite sum first.
    nothing = excluded.all(dim=1)
    safe = logits.masked_fill(nothing[:, None], 0.0).logsumexp(dim=1)
    return safe.masked_fill(nothing, -torch.inf)
