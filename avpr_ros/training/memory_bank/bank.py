# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The geographical memory bank: centroid and spread of the gallery descriptors of each place.

After AsymVPR (arXiv 2512.13055): no neighbour search, one pass over the stored descriptors.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import Descriptors, IntArray
from avpr_ros.errors import TrainingError
from avpr_ros.training.memory_bank.place_sums import PlaceSums, sum_places
from avpr_ros.training.places import Places

_CHUNK_ROWS = 4096
#: So many images' worth of the pooled spread are mixed into each place's own.
_SHRINKAGE = 4.0


@dataclass(frozen=True, eq=False)
class Bank:
    """Statistics of the gallery descriptors of each place.

    Deviations are stored, not variances: a variance of 2e-5 is subnormal in float16.

    Attributes:
        centroids: (M, d) float16, mean of the unit rows of a place; not normalised, so that a
            place whose images differ is a weaker negative.
        sigma: (M, d) float16, deviation of each number within a place (divided by n, not n - 1),
            over its images and, where the map has them, their augmented views.
        samples: (M,) int64, rows that ``sigma`` is of.
        pooled_sigma: (d,) float32, deviation within places over the whole map (unbiased).
        places: labels, counts and exclusions.
    """

    centroids: NDArray[np.float16]
    sigma: NDArray[np.float16]
    samples: IntArray
    pooled_sigma: NDArray[np.float32]
    places: Places

    @property
    def counts(self) -> IntArray:
        """Images of each place, (M,)."""
        return np.bincount(self.places.labels, minlength=self.places.count)

    def variances(self, places: IntArray) -> NDArray[np.float32]:
        """Return the variances of some places, each mixed with that of the whole map.

        ``(n V + k V_pool) / (n - 1 + k)`` with k = 4 and V the biased variance of n rows: a place
        with a single row has the pooled variance, one with many its own.

        Args:
            places: (B,) place numbers.

        Returns:
            (B, d) float32.
        """
        samples = self.samples[places, np.newaxis].astype(np.float32)
        squares = samples * np.square(self.sigma[places].astype(np.float32))
        pooled = _SHRINKAGE * np.square(self.pooled_sigma)
        return np.asarray((squares + pooled) / (samples - 1 + _SHRINKAGE), dtype=np.float32)


def build_bank(descriptors: Descriptors, places: Places, views: Descriptors | None = None) -> Bank:
    """Describe each place by the mean and spread of its descriptors, each read once.

    O(N d) time. Held at any moment: the result (4 bytes for each of M d numbers) and one chunk of
    4,096 images (at most 14 bytes for each of 4096 d (1 + V) numbers), whatever N is and however
    the images are spread over the places.

    Args:
        descriptors: (N, d) unit rows, for example a float16 memory map.
        places: labels of the N rows; every place has one row or more.
        views: (N, V, d) unit rows of augmented views of the same images; they count for the
            spread, not for the centroid.

    Returns:
        The bank; the same for any order of rows, up to rounding.

    Raises:
        TrainingError: shapes that do not belong together, a place without an image, or a
            descriptor that is not finite.
    """
    _check(descriptors, places, views)
    shape = (places.count, descriptors.shape[1])
    centroids, sigma = np.zeros(shape, dtype=np.float16), np.zeros(shape, dtype=np.float16)
    samples = np.zeros(places.count, dtype=np.int64)
    earlier: PlaceSums | None = None
    for sums in _walk(descriptors, places.labels, views):
        if earlier is not None and earlier.places[0] == sums.places[0]:
            sums.join(earlier)
        centroids[sums.places] = sums.total / sums.images[:, np.newaxis]
        sigma[sums.places] = np.sqrt(sums.squares / sums.samples[:, np.newaxis])
        samples[sums.places] = sums.samples
        earlier = sums.last()
    return Bank(centroids, sigma, samples, _pooled(sigma, samples), places)


def _walk(
    descriptors: Descriptors, labels: IntArray, views: Descriptors | None
) -> Iterator[PlaceSums]:
    """Sum up chunk by chunk, the rows in the order of their places."""
    order = np.argsort(labels, kind='stable')
    for start in range(0, len(order), _CHUNK_ROWS):
        rows = order[start : start + _CHUNK_ROWS]
        chunk = np.asarray(descriptors[rows], dtype=np.float32)[:, np.newaxis]
        if views is not None:
            chunk = np.concatenate([chunk, np.asarray(views[rows], dtype=np.float32)], axis=1)
        if not np.isfinite(chunk).all():
            raise TrainingError('a stored descriptor is not finite; build the map again')
        yield sum_places(chunk, labels[rows])


def _pooled(sigma: NDArray[np.float16], samples: IntArray) -> NDArray[np.float32]:
    squares = np.zeros(sigma.shape[1])
    for start in range(0, len(sigma), _CHUNK_ROWS):
        part = slice(start, start + _CHUNK_ROWS)
        squares += samples[part] @ np.square(sigma[part], dtype=np.float64)
    return np.sqrt(squares / max(1, int((samples - 1).sum()))).astype(np.float32)


def _check(descriptors: Descriptors, places: Places, views: Descriptors | None) -> None:
    labels = places.labels
    if descriptors.ndim != 2 or len(descriptors) != len(labels) or not len(labels):
        raise TrainingError(
            f'{len(labels)} place labels for descriptors of shape {descriptors.shape}; there must '
            'be one for each row, and at least one'
        )
    wanted = (len(labels), descriptors.shape[1])
    if views is not None and (views.ndim != 3 or (views.shape[0], views.shape[2]) != wanted):
        raise TrainingError(
            f'views of shape {views.shape} for descriptors of shape {descriptors.shape}; build '
            'the map again'
        )
    empty = np.flatnonzero(np.bincount(labels, minlength=places.count) == 0)
    if empty.size:
        raise TrainingError(
            f'place {empty[0]} has no image, and {empty.size - 1} more; number the places 0 to '
            'M-1 without gaps'
        )
