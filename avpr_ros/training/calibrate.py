# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""From which similarity on a match may be believed, estimated on a map without a second drive.

Held-out views play the live query. With the view's own keyframe taken out of the map, its best
similarity to the keyframes around is what a revisit scores. Its best similarity to all keyframes
far away is what a place outside the map scores, but for one thing: the descriptor space of a small
map is the span of its own images. A view of a mapped place lies in that span, one of a foreign
place does not, and its projection is stretched to length one. So the view is first projected on
the span of the far keyframes alone, as a map without this place would do. On the corridor, a map
of its first two thirds gives 0.87 for the 95th percentile of a foreign place in this way and 0.80
without; real images of the last third score 0.84.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import Descriptors, FloatArray, IntArray
from avpr_ros.gallery.calibration import Calibration
from avpr_ros.gallery.keyframes import Keyframes
from avpr_ros.training.places import Places

#: A keyframe this many place cells away shows another place, even along a straight corridor.
FAR_CELLS = 6.0
#: With fewer scores the tail of foreign places cannot be estimated.
_FEWEST_SCORES = 20
#: Share of foreign views that may reach the threshold, before any other guard of the matcher.
_FOREIGN_SHARE = 0.05
#: Of a map too small to have far keyframes, this share of the revisits is accepted.
_REVISIT_SHARE = 0.9
#: Keeps the solution finite where keyframes repeat each other.
_RIDGE = 1e-4


def calibrate(
    similarities: NDArray[np.float32],
    rows: IntArray,
    descriptors: Descriptors,
    keyframes: Keyframes,
    places: Places,
) -> Calibration:
    """Choose the least similarity to accept.

    Args:
        similarities: (V, N) inner products of held-out views with the map.
        rows: (V,) rows of the map that the views were made from.
        descriptors: (N, d) of the map.
        keyframes: the map's N rows.
        places: which keyframes are near each other.

    Returns:
        The threshold with what speaks for it.
    """
    near = places.exclusion_mask(places.labels[rows])[:, places.labels]
    own = np.arange(len(keyframes)) == rows[:, np.newaxis]
    # A place with one keyframe and no neighbour can only be found again by that keyframe.
    alone = ~(near & ~own).any(axis=1, keepdims=True)
    revisits = np.where(near & (~own | alone), similarities, -np.inf).max(axis=1)
    far = _distances_m(keyframes, rows) > FAR_CELLS * places.cell_m
    gallery = np.asarray(descriptors, dtype=np.float64)
    foreign = np.array(
        [
            foreign_score(scores[mask].astype(np.float64), gallery[mask])
            for scores, mask in zip(similarities, far, strict=True)
            if mask.any()
        ]
    )
    if len(foreign) < _FEWEST_SCORES:
        threshold = float(np.quantile(revisits, 1 - _REVISIT_SHARE))
    else:
        threshold = float(np.quantile(foreign, 1 - _FOREIGN_SHARE))
    return Calibration(threshold, _evidence(threshold, revisits, foreign, places))


def foreign_score(similarities: FloatArray, far_rows: FloatArray) -> float:
    """Return the best similarity after projection on the span of the far rows, F.

    With s = F q, the projection of q on that span has the squared length s' (F F')^-1 s.

    Args:
        similarities: (n,) inner products of one view with the far rows.
        far_rows: (n, d); as many rows as columns or more are taken to span everything.
    """
    best = float(similarities.max())
    if len(far_rows) >= far_rows.shape[1]:
        return best
    gram = far_rows @ far_rows.T + _RIDGE * np.eye(len(far_rows))
    squared_length = float(similarities @ np.linalg.solve(gram, similarities))
    return best / float(np.sqrt(max(squared_length, best**2)))


def _distances_m(keyframes: Keyframes, rows: IntArray) -> FloatArray:
    positions = keyframes.poses[:, :3]
    difference = positions[rows][:, np.newaxis] - positions[np.newaxis]
    return np.asarray(np.linalg.norm(difference, axis=2))


def _evidence(
    threshold: float, revisits: NDArray[np.floating], foreign: FloatArray, places: Places
) -> dict[str, float | int | str]:
    enough = len(foreign) >= _FEWEST_SCORES
    evidence: dict[str, float | int | str] = {
        'method': 'share of views of places outside the map'
        if enough
        else 'share of revisits: the map is too small to play a place outside it',
        'revisits': len(revisits),
        'revisit_median': float(np.median(revisits)),
        'revisits_accepted_share': float((revisits >= threshold).mean()),
        'foreign': len(foreign),
        'far_distance_m': FAR_CELLS * places.cell_m,
    }
    if enough:
        evidence['foreign_median'] = float(np.median(foreign))
        evidence['foreign_largest'] = float(foreign.max())
        evidence['foreign_accepted_share'] = float((foreign >= threshold).mean())
    return {k: round(v, 4) if isinstance(v, float) else v for k, v in evidence.items()}
