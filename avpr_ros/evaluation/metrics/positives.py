# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Which gallery rows are right for which query."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from avpr_ros.arrays import FloatArray


def positives_within(
    query_positions_m: FloatArray, gallery_positions_m: FloatArray, radius_m: float
) -> list[frozenset[int]]:
    """Return for each query the gallery rows within a distance.

    Args:
        query_positions_m: (Q, 3) metres, in the frame of the gallery.
        gallery_positions_m: (N, 3) metres.
        radius_m: largest distance of a positive.
    """
    tree = cKDTree(np.asarray(gallery_positions_m))
    # A hair more than the radius, so that rows one step apart count whatever the last digit.
    found = tree.query_ball_point(np.asarray(query_positions_m), radius_m * (1 + 1e-9))
    return [frozenset(int(row) for row in rows) for rows in found]
