# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""From which similarity on a match may be believed, estimated on a map without a second drive.

Held-out views play the live query. With the view's own keyframe taken out of the map, its best
similarity to the keyframes around is what a revisit scores; its best similarity to all keyframes
far away is what a place outside the map scores.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import FloatArray, IntArray
from avpr_ros.gallery.calibration import Calibration
from avpr_ros.gallery.keyframes import Keyframes
from avpr_ros.training.places import Places

#: A keyframe this many place cells away shows another place, even along a straight corridor.
_FAR_CELLS = 6.0
#: With fewer scores the tail of wrong matches cannot be estimated.
_FEWEST_SCORES = 20
_DEVIATIONS = 3.0
_ACCEPTED_WITHOUT_FAR = 0.9


def calibrate(
    similarities: NDArray[np.float32],
    rows: IntArray,
    keyframes: Keyframes,
    places: Places,
) -> Calibration:
    """Choose the least similarity to accept.

    Args:
        similarities: (V, N) inner products of held-out views with the map.
        rows: (V,) rows of the map that the views were made from.
        keyframes: the map's N rows.
        places: which keyframes are near each other.

    Returns:
        The threshold with what speaks for it.
    """
    near = places.exclusion_mask(places.labels[rows])[:, places.labels]
    own = np.arange(len(keyframes)) == rows[:, np.newaxis]
    # A place with one keyframe and no neighbour can only be found again by that keyframe.
    alone = ~(near & ~own).any(axis=1, keepdims=True)
    true = _best(similarities, near & (~own | alone))
    false = _best(similarities, _distances_m(keyframes, rows) > _FAR_CELLS * places.cell_m)
    if len(false) < _FEWEST_SCORES:
        threshold = float(np.quantile(true, 1 - _ACCEPTED_WITHOUT_FAR))
        method = 'the map is too small to know what a wrong match scores: a share of the true'
    else:
        threshold = float(false.mean() + _DEVIATIONS * false.std())
        method = 'mean of the wrong plus deviations'
    return Calibration(threshold, _evidence(method, threshold, true, false, places))


def _best(similarities: NDArray[np.float32], allowed: NDArray[np.bool_]) -> FloatArray:
    """Return the best allowed similarity of each view that has any."""
    best = np.where(allowed, similarities, -np.inf).max(axis=1)
    return np.asarray(best[np.isfinite(best)], dtype=np.float64)


def _distances_m(keyframes: Keyframes, rows: IntArray) -> FloatArray:
    positions = keyframes.poses[:, :3]
    difference = positions[rows][:, np.newaxis] - positions[np.newaxis]
    return np.asarray(np.linalg.norm(difference, axis=2))


def _evidence(
    method: str, threshold: float, true: FloatArray, false: FloatArray, places: Places
) -> dict[str, float | int | str]:
    evidence: dict[str, float | int | str] = {
        'method': method,
        'near_scores': len(true),
        'near_median': float(np.median(true)),
        'near_accepted_share': float((true >= threshold).mean()),
        'far_scores': len(false),
        'far_distance_m': _FAR_CELLS * places.cell_m,
    }
    if len(false):
        evidence['far_median'] = float(np.median(false))
        evidence['far_largest'] = float(false.max())
        evidence['far_accepted_share'] = float((false >= threshold).mean())
    return {k: round(v, 4) if isinstance(v, float) else v for k, v in evidence.items()}
