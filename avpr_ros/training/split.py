# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Held-out places, whose loss decides when training stops."""

from __future__ import annotations

import numpy as np

from avpr_ros.arrays import IntArray
from avpr_ros.errors import TrainingError
from avpr_ros.training.places import Places

#: First number of the seed; other streams use others.
_STREAM = 4


def split_places(places: Places, share: float, seed: int) -> tuple[IntArray, IntArray]:
    """Choose whole places at random.

    The left-out ones stay in the bank as negatives of the others: their descriptors are stored
    anyway, and only what the query network sees is in question.

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
            f'{share:g} of {places.count} places leaves {places.count - count} to train on and '
            f'{count} to watch; use a larger map or another share'
        )
    chosen = np.random.default_rng((seed, _STREAM)).permutation(places.count)[:count]
    left_out = np.isin(places.labels, chosen)
    return np.flatnonzero(~left_out), np.flatnonzero(left_out)
