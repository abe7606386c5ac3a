# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The geographical memory bank: one centroid of gallery descriptors a place.

After AsymVPR (arXiv 2512.13055): no neighbour search, one pass over the stored descriptors.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import Descriptors, IntArray
from avpr_ros.training.places import Places

_CHUNK_ROWS = 4096


@dataclass(frozen=True, eq=False)
class Bank:
    """Statistics of the gallery descriptors of each place.

    Attributes:
        centroids: (M, d) float32, mean of the unit rows of a place; not normalised, so that a
            place whose images differ is a weaker negative.
        counts: (M,) int64, images of each place.
        places: labels and exclusions.
    """

    centroids: NDArray[np.float32]
    counts: IntArray
    places: Places


def build_bank(descriptors: Descriptors, places: Places) -> Bank:
    """Average the descriptors of each place in one pass.

    Args:
        descriptors: (N, d) unit rows, for example a float16 memory map; read in chunks, so the
            memory needed is that of the centroids and one chunk.
        places: labels of the N rows.

    Returns:
        The bank; the same for any order of rows, up to rounding in float32.
    """
    sums = np.zeros((places.count, descriptors.shape[1]), dtype=np.float32)
    for start in range(0, len(descriptors), _CHUNK_ROWS):
        labels = places.labels[start : start + _CHUNK_ROWS]
        chunk = np.asarray(descriptors[start : start + _CHUNK_ROWS], dtype=np.float32)
        np.add.at(sums, labels, chunk)
    counts = np.bincount(places.labels, minlength=places.count)
    sums /= counts[:, np.newaxis]
    return Bank(sums, counts, places)
