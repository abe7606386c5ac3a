# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Retrieval of candidates: distinct places by the similarity of their descriptors."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import FloatArray, IntArray
from avpr_ros.gallery.gallery import Gallery
from avpr_ros.gallery.places import PlaceCriterion
from avpr_ros.localization.pose_hypotheses import PoseHypotheses
from avpr_ros.localization.query import Query
from avpr_ros.profiling import timed_stage

_FIRST_DEPTH = 64
_DEPTH_FACTOR = 8
#: Deeper, only a rival is searched for.
_ENOUGH_DEPTH = 512


@dataclass(frozen=True, eq=False)
class Retrieval:
    """The candidates of one query.

    Candidates are distinct places, not neighbours in one: each by its most similar
    keyframe (non-maximum suppression).

    Attributes:
        rows: (k,) rows of the best keyframe of each place, best first.
        similarities: (k,) of these: inner products of the descriptors, standardised where those of
            the query are.
        near_rows: (n,) rows found in the place of the best candidate, itself first.
        near_similarities: (n,) of these.
        rival_row: best row outside the place of the best, in the whole map; None where the map
            has one place only.
        rival_similarity: its similarity; -inf where there is none.
        found: (f,) all rows found, neighbours included, best first.
    """

    rows: IntArray
    similarities: FloatArray
    near_rows: IntArray
    near_similarities: FloatArray
    rival_row: int | None
    rival_similarity: float
    found: IntArray = field(default_factory=lambda: np.zeros(0, np.int64))

    @property
    def margin(self) -> float:
        """How far the best stands above every other place; 0 where there is none."""
        if self.rival_row is None:
            return 0.0
        return float(self.similarities[0]) - self.rival_similarity

    def ratio(self, rank: int) -> float:
        """Return a candidate's similarity over that of the best of another place (top-2 ratio).

        0 where there is no other place, or where one of the two is not above zero.
        """
        rival = self.rival_similarity if rank == 0 else float(self.similarities[0])
        own = float(self.similarities[rank])
        return own / rival if np.isfinite(rival) and rival > 0 and own > 0 else 0.0


def retrieve(
    gallery: Gallery,
    hypotheses: PoseHypotheses,
    query: Query,
    top_k: int,
    criterion: PlaceCriterion,
) -> Retrieval | None:
    """Search for the best candidates, and as deep as needed for a distinct place.

    Standardised descriptors need no index of their own: with q' that of the query and m the mean
    of the map, q'.g and q'.(g - m) rank the rows g alike. Only the rows found are divided by their
    lengths about the mean.

    Args:
        gallery: the map.
        hypotheses: poses of the base by row.
        query: its descriptor is finite.
        top_k: how many places are wanted.
        criterion: by which two keyframes show distinct places.

    Returns:
        None where nothing comparable was found.
    """
    index = gallery.index
    if index.size == 0:
        return None
    depth = max(_FIRST_DEPTH, top_k)
    while True:
        with timed_stage('search'):
            similarities, rows = index.search(query.searched[np.newaxis], depth)
        usable = (rows[0] >= 0) & np.isfinite(similarities[0])
        found, scores = rows[0][usable], similarities[0][usable].astype(np.float64)
        if not found.size:
            return None
        if query.standardized is not None:
            scores = query.similarities(index.read(found, len(query.searched)))
            order = np.argsort(-scores, kind='stable')
            found, scores = found[order], scores[order]
        result = distinct_places(found, scores, hypotheses, top_k, criterion)
        enough = len(result.rows) >= top_k or depth >= _ENOUGH_DEPTH
        # An approximate index searches a part of the map only, and may return fewer.
        if (result.rival_row is not None and enough) or len(found) < depth:
            return result
        depth *= _DEPTH_FACTOR


def distinct_places(
    found: IntArray,
    scores: FloatArray,
    hypotheses: PoseHypotheses,
    top_k: int,
    criterion: PlaceCriterion,
) -> Retrieval:
    """Reduce rows to the best of each place.

    Args:
        found: (n,) rows, the first candidate first and the others best first.
        scores: (n,) their similarities.
        hypotheses: poses of the base by row.
        top_k: how many places are wanted.
        criterion: as for ``retrieve``.
    """
    # Comparing all pairs costs more than ten rows with all, except for few rows.
    few = len(found) <= 2 * _FIRST_DEPTH
    apart = hypotheses.all_distinct(found, criterion) if few else None

    def apart_from(place: int) -> NDArray[np.bool_]:
        if apart is not None:
            return np.asarray(apart[place])
        return hypotheses.distinct(int(found[place]), found, criterion)

    # Two at least: the second is the rival.
    kept, left = [0], apart_from(0).copy()
    near = np.flatnonzero(~left)[:top_k]
    while len(kept) < max(top_k, 2) and left.any():
        kept.append(int(np.argmax(left)))
        left &= apart_from(kept[-1])
    rival = kept[1] if len(kept) > 1 else None
    return Retrieval(
        rows=found[kept[:top_k]],
        similarities=scores[kept[:top_k]],
        near_rows=found[near],
        near_similarities=scores[near],
        rival_row=None if rival is None else int(found[rival]),
        rival_similarity=float('-inf') if rival is None else float(scores[rival]),
        found=found,
    )
