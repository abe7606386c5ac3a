# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Sums over descriptors, place by place, that join exactly across chunks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from avpr_ros.arrays import IntArray


@dataclass(eq=False)
class PlaceSums:
    """Sums over the images of one chunk; S places.

    Attributes:
        places: (S,) ascending.
        images: (S,) images in ``total``.
        samples: (S,) images and views in ``mean`` and ``squares``.
        total: (S, d) sum of the images.
        mean: (S, d) of images and views.
        squares: (S, d) sum of the squared deviations from that mean.
    """

    places: IntArray
    images: IntArray
    samples: IntArray
    total: NDArray[np.float32]
    mean: NDArray[np.float32]
    squares: NDArray[np.float32]

    def last(self) -> PlaceSums:
        """Return the last place alone: the next chunk may go on with it."""
        return PlaceSums(
            self.places[-1:].copy(),
            self.images[-1:].copy(),
            self.samples[-1:].copy(),
            self.total[-1:].copy(),
            self.mean[-1:].copy(),
            self.squares[-1:].copy(),
        )

    def join(self, earlier: PlaceSums) -> None:
        """Add to the first place what an earlier chunk found of it.

        Means and squared deviations join by the exact pairwise rule (Chan, Golub and LeVeque,
        1979), so nothing cancels as in E[x^2] - E[x]^2.
        """
        mine, others = float(self.samples[0]), float(earlier.samples[0])
        both = mine + others
        apart = earlier.mean[0] - self.mean[0]
        self.squares[0] += earlier.squares[0] + np.square(apart) * np.float32(mine * others / both)
        self.mean[0] += apart * np.float32(others / both)
        self.total[0] += earlier.total[0]
        self.images[0] += earlier.images[0]
        self.samples[0] += earlier.samples[0]


def sum_places(chunk: NDArray[np.float32], labels: IntArray) -> PlaceSums:
    """Sum up a chunk.

    Args:
        chunk: (c, 1 + V, d): each image and its views; is overwritten.
        labels: (c,) ascending place numbers.
    """
    starts = np.flatnonzero(np.diff(labels, prepend=labels[0] - 1))
    ends = np.append(starts[1:], len(labels))
    each = chunk.shape[1]
    images = ends - starts
    total = _sum_rows(chunk[:, 0], starts, len(labels))
    rows = chunk.reshape(-1, chunk.shape[2])
    counts = (images * each)[:, np.newaxis].astype(np.float32)
    mean = np.divide(_sum_rows(rows, starts * each, len(rows)), counts, dtype=np.float32)
    rows -= np.repeat(mean, images * each, axis=0)
    squares = _sum_rows(np.square(rows, out=rows), starts * each, len(rows))
    return PlaceSums(labels[starts], images, images * each, total, mean, squares)


def _sum_rows(rows: NDArray[np.float32], starts: IntArray, end: int) -> NDArray[np.float32]:
    """Sum the rows from each start to the next; many times faster than ``np.add.reduceat``."""
    ones = np.ones(end, dtype=np.float32)
    picks = csr_array((ones, np.arange(end), np.append(starts, end)), shape=(len(starts), end))
    return np.asarray(picks @ np.ascontiguousarray(rows), dtype=np.float32)
