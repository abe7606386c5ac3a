# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""How much evidence a place that is not in the map can get: asked of the map itself."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import Descriptors, FloatArray
from avpr_ros.gallery.evidence import place_evidence
from avpr_ros.gallery.keyframes import Keyframes
from avpr_ros.gallery.landmarks import Landmarks

#: Candidates that are compared, for the map's own keyframes as for a query.
CANDIDATES = 20
#: Keyframes that play a place outside the map.
_PLAYED = 120
#: Factor on the most evidence that such a place got.
_MARGIN = 1.25
#: Never less, in nats: a small map has few look-alikes to learn from.
_LEAST = 15.0


def evidence_threshold(
    landmarks: Landmarks, descriptors: Descriptors, keyframes: Keyframes, distinct_m: float
) -> float:
    """Return the evidence from which a place may be believed.

    Keyframes are taken out of the map together with their whole place, and looked for in the
    rest: all that is found is wrong.

    Args:
        landmarks: of the map's N keyframes.
        descriptors: (N, d) unit rows.
        keyframes: the N rows.
        distinct_m: beyond this distance another place begins.
    """
    chosen = np.unique(np.linspace(0, len(keyframes) - 1, _PLAYED).round().astype(np.int64))
    positions_m = keyframes.poses[:, :3]
    most = 0.0
    for row in chosen:
        scores = np.asarray(descriptors, dtype=np.float32) @ descriptors[row].astype(np.float32)
        away = np.linalg.norm(positions_m - positions_m[row], axis=1) > distinct_m
        scores[~away] = -np.inf
        rows = np.argsort(-scores, kind='stable')[: min(CANDIDATES, int(away.sum()))]
        if len(rows) < 2:
            continue
        same = _same_place(positions_m[rows], distinct_m)
        evidence = place_evidence(landmarks.features(int(row)), landmarks, rows, same)
        most = max(most, float(evidence.max()))
    return max(_MARGIN * most, _LEAST)


def _same_place(positions_m: FloatArray, distinct_m: float) -> NDArray[np.bool_]:
    offsets = positions_m[:, np.newaxis] - positions_m[np.newaxis]
    return np.asarray(np.linalg.norm(offsets, axis=2) <= distinct_m, dtype=np.bool_)
