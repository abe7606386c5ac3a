# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The frozen side of training: stored descriptors, their views, places and bank, as tensors."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from avpr_ros.arrays import Descriptors, IntArray
from avpr_ros.training.memory_bank.bank import Bank


class GallerySide:
    """What an objective may know about the gallery; nothing in it is trained.

    Attributes:
        bank: statistics of the places.
        dim: length d of a descriptor.
    """

    def __init__(self, descriptors: Descriptors, bank: Bank, views: Descriptors | None = None):
        """Take the stored side of a map.

        Args:
            descriptors: (N, d) stored unit rows, for example a memory map.
            bank: of the same rows.
            views: (N, V, d) stored unit rows of augmented views of the same images.
        """
        self.bank = bank
        self.dim = int(descriptors.shape[1])
        self._descriptors = descriptors
        self._views = views
        labels = bank.places.labels
        self._members = np.argsort(labels, kind='stable')
        self._starts = np.searchsorted(labels[self._members], np.arange(bank.places.count + 1))

    def __len__(self) -> int:
        return len(self._descriptors)

    def targets(self, rows: IntArray) -> Tensor:
        """Return the stored descriptors of some rows, (B, d) float32."""
        return torch.from_numpy(np.asarray(self._descriptors[rows], dtype=np.float32))

    def labels(self, rows: IntArray) -> IntArray:
        """Return the places of some rows, (B,)."""
        return self.bank.places.labels[rows]

    def members(self, place: int) -> IntArray:
        """Return the rows of one place, ascending."""
        return self._members[self._starts[place] : self._starts[place + 1]]

    def excluded_places(self, rows: IntArray) -> Tensor:
        """Return (B, M) bool: true for a row's own place and those too near to be negatives."""
        return torch.from_numpy(self.bank.places.exclusion_mask(self.labels(rows)))

    def excluded_rows(self, rows: IntArray, others: IntArray) -> Tensor:
        """Return (B, n) bool: true where other rows are too near to be negatives."""
        return self.excluded_places(rows)[:, torch.from_numpy(self.labels(others))]

    def others_of_place(self, row: int) -> Tensor:
        """Return what the place of a row looks like without the row itself.

        Returns:
            (n, d) float32: the other images of the place, and the views of all its images.
        """
        place = self.members(int(self.bank.places.labels[row]))
        parts = [self.targets(place[place != row])]
        if self._views is not None:
            views = np.asarray(self._views[place], dtype=np.float32)
            parts.append(torch.from_numpy(views.reshape(-1, self.dim)))
        return torch.cat(parts)
