# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Candidates of one image behind the keyframe that the sequence leads to."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from avpr_ros.matching.hypotheses import PoseHypotheses
from avpr_ros.matching.retrieval import Retrieval, distinct_places

#: Rows from which the places behind the first one are taken.
_DEPTH = 256


def led_by(
    row: int,
    top_k: int,
    similarities: NDArray[np.float32],
    hypotheses: PoseHypotheses,
    radius_m: float,
    angle_rad: float,
) -> Retrieval:
    """Return the candidates of one image behind a given first one.

    Args:
        row: the candidate to lead.
        top_k: how many places are wanted.
        similarities: (N,) of the query to every row of the map, finite.
        hypotheses: poses of the base by row.
        radius_m: as for ``retrieve``.
        angle_rad: as for ``retrieve``.
    """
    depth = min(_DEPTH, len(similarities))
    best = np.argpartition(-similarities, depth - 1)[:depth]
    best = best[np.argsort(-similarities[best], kind='stable')]
    rows = np.concatenate([np.array([row], dtype=np.int64), best[best != row]])
    scores = similarities[rows].astype(np.float64)
    led = distinct_places(rows, scores, hypotheses, top_k, radius_m, angle_rad)
    if led.rival_row is not None or depth == len(similarities):
        return led
    distinct = hypotheses.distinct(row, np.arange(len(similarities)), radius_m, angle_rad)
    if not distinct.any():
        return led
    rival = int(np.argmax(np.where(distinct, similarities, -np.inf)))
    return replace(led, rival_row=rival, rival_similarity=float(similarities[rival]))
