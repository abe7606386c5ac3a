# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""From a descriptor to the candidates, and to the best rival in another place."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import Descriptors, FloatArray, IntArray
from avpr_ros.gallery.index import GalleryIndex
from avpr_ros.matching.hypotheses import PoseHypotheses
from avpr_ros.stages import stage

_FIRST_DEPTH = 64
_DEPTH_FACTOR = 8


@dataclass(frozen=True, eq=False)
class Retrieval:
    """What the search found for one query.

    Attributes:
        rows: (k,) rows of the best candidates, best first.
        similarities: (k,) their inner products.
        same_place: (k,) whether a candidate lies in the place of the best one.
        rival_row: best row outside the place of the best, in the whole map; None where the map
            has one place only.
        rival_similarity: its inner product; -inf where there is none.
    """

    rows: IntArray
    similarities: FloatArray
    same_place: NDArray[np.bool_]
    rival_row: int | None
    rival_similarity: float


def retrieve(
    index: GalleryIndex,
    hypotheses: PoseHypotheses,
    descriptor: Descriptors,
    top_k: int,
    radius_m: float,
    angle_rad: float,
) -> Retrieval | None:
    """Search for the best candidates, and as deep as it takes to see a distinct place.

    Args:
        index: the map's index.
        hypotheses: poses of the base by row.
        descriptor: (d,) finite.
        top_k: how many candidates are wanted.
        radius_m: beyond this distance from the best another place begins.
        angle_rad: beyond this rotation from the best another view begins.

    Returns:
        None where nothing comparable was found.
    """
    depth = max(_FIRST_DEPTH, top_k)
    while True:
        with stage('search'):
            similarities, rows = index.search(descriptor[np.newaxis], depth)
        usable = (rows[0] >= 0) & np.isfinite(similarities[0])
        found, scores = rows[0][usable], similarities[0][usable].astype(np.float64)
        if not found.size:
            return None
        distinct = hypotheses.distinct(int(found[0]), found, radius_m, angle_rad)
        # an approximate index looks at a part of the map only, and gives less than asked then
        if distinct.any() or len(found) < depth:
            break
        depth *= _DEPTH_FACTOR
    rival = int(np.argmax(distinct)) if distinct.any() else None
    return Retrieval(
        rows=found[:top_k],
        similarities=scores[:top_k],
        same_place=~distinct[:top_k],
        rival_row=None if rival is None else int(found[rival]),
        rival_similarity=float('-inf') if rival is None else float(scores[rival]),
    )
