# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Candidates of one image behind the keyframe that the sequence leads to."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from avpr_ros.matching.hypotheses import PoseHypotheses
from avpr_ros.matching.retrieval import Retrieval


def led_by(
    row: int,
    retrieval: Retrieval,
    similarities: NDArray[np.float32],
    hypotheses: PoseHypotheses,
    radius_m: float,
    angle_rad: float,
) -> Retrieval:
    """Return the same candidates behind another best one; the last gives way if it is new.

    Args:
        row: the candidate to lead.
        retrieval: as the search found it.
        similarities: (N,) of the query to every row of the map, finite.
        hypotheses: poses of the base by row.
        radius_m: as for ``retrieve``.
        angle_rad: as for ``retrieve``.
    """
    others = retrieval.rows[retrieval.rows != row][: len(retrieval.rows) - 1]
    rows = np.concatenate([np.array([row], dtype=np.int64), others])
    distinct = hypotheses.distinct(row, np.arange(len(similarities)), radius_m, angle_rad)
    rival = int(np.argmax(np.where(distinct, similarities, -np.inf))) if distinct.any() else None
    return replace(
        retrieval,
        rows=rows,
        similarities=similarities[rows].astype(np.float64),
        same_place=~distinct[rows],
        rival_row=rival,
        rival_similarity=float('-inf') if rival is None else float(similarities[rival]),
    )
