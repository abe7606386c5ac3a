# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Standardised descriptors: about the mean of their own drive, of length 1.

Much of what a change of light or season does to descriptors is the same for every place; with the
mean of each drive subtracted, what is left separates places better (Schubert et al., Unsupervised
Learning Methods for Visual Place Recognition in Discretely and Continuously Changing
Environments, ICRA 2020).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import FloatArray, evenly
from avpr_ros.gallery.index.faiss_index import ReadRows

#: Keyframes below which the mean is that of a few places, not of a drive.
FEWEST_KEYFRAMES = 20
#: Weight of the map's mean in that of a drive, in images.
MAP_MEAN_IMAGES = 20.0
#: Evenly spread rows that the mean of a large map is over.
_MOST_ROWS = 20_000
#: Rows that are read at a time.
_CHUNK_ROWS = 1024


def mean_descriptor(read: ReadRows, count: int) -> FloatArray:
    """Return the (d,) mean of descriptors; of 20,000 evenly spread ones where there are more.

    Args:
        read: reads rows.
        count: of rows, at least one.
    """
    rows = evenly(count, _MOST_ROWS)
    starts = range(0, len(rows), _CHUNK_ROWS)
    totals = [read(rows[at : at + _CHUNK_ROWS]).sum(axis=0, dtype=np.float64) for at in starts]
    return np.asarray(np.sum(totals, axis=0) / len(rows))


def standardized(descriptors: NDArray[np.floating], mean: FloatArray) -> NDArray[Any]:
    """Return descriptors about a mean, of length 1; 0 where one is the mean itself.

    Args:
        descriptors: (d,) or (N, d).
        mean: (d,).
    """
    about = descriptors - mean
    lengths = np.linalg.norm(about, axis=-1, keepdims=True)
    return np.asarray(about / np.maximum(lengths, 1e-9))
