# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A vocabulary of visual words, fitted on the map's own images.

One fitted on other imagery loses most of the recall, so it is part of each map's descriptor space.
"""

from __future__ import annotations

import faiss
import numpy as np
from numpy.typing import NDArray

from avpr_ros.errors import MapError

_ITERATIONS = 50
_SEED = 20


def fit_vocabulary(features: NDArray[np.float32], words: int) -> NDArray[np.float32]:
    """Cluster local features by spherical k-means.

    Args:
        features: (n, C) float32 unit rows, n >= words.
        words: how many words K.

    Returns:
        (K, C) float32 unit rows, the same for the same features.

    Raises:
        MapError: fewer features than words.
    """
    if len(features) < words:
        raise MapError(
            f'{len(features)} local features are too few for {words} visual words; use more or '
            'larger images'
        )
    kmeans = faiss.Kmeans(
        features.shape[1],
        words,
        niter=_ITERATIONS,
        seed=_SEED,
        spherical=True,
        # All features count: subsampling is the caller's business, which knows the images.
        min_points_per_centroid=1,
        max_points_per_centroid=len(features),
    )
    kmeans.train(np.ascontiguousarray(features, dtype=np.float32))
    return np.asarray(kmeans.centroids, dtype=np.float32).reshape(words, -1)
