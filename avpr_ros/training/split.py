# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Split of the places into training and held-out places, for early stopping."""

from __future__ import annotations

import numpy as np

from avpr_ros.arrays import IntArray
from avpr_ros.errors import TrainingError
from avpr_ros.training.places import Places

#: First number of the seed; other streams use others.
_STREAM = 4


def split_places(places: Places, share: float, seed: int) -> tuple[IntArray, IntArray]:
    """Choose whole places at random.

    The held-out places stay in the memory bank as negatives of the others: only images, not
    gallery descriptors, are held out.

    Args:
        places: of N rows.
        share: of the places to leave out, 0 to less than 1.
        seed: of the choice.

    Returns:
        Rows to train on and rows left out, both ascending.

    Raises:
        TrainingError: all places would be left out.
    """
    count = round(share * places.count)
    if share > 0 and not 0 < count < places.count:
        raise TrainingError(
            f'--hold-out {share:g} of {places.count} places leaves {places.count - count} for '
            f'training and holds out {count}, both need at least one; use a larger map or another '
            'share'
        )
    chosen = np.random.default_rng((seed, _STREAM)).permutation(places.count)[:count]
    left_out = np.isin(places.labels, chosen)
    return np.flatnonzero(~left_out), np.flatnonzero(left_out)
