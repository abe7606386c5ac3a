# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Candidates of one image behind the keyframe that the Bayes filter ranks first."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from avpr_ros.gallery.file_array import StoredArray
from avpr_ros.gallery.places import PlaceCriterion
from avpr_ros.localization.pose_hypotheses import PoseHypotheses
from avpr_ros.localization.query import Query
from avpr_ros.localization.retrieval import Retrieval, distinct_places


def rerank_with_first(
    row: int,
    top_k: int,
    descriptors: StoredArray,
    query: Query,
    single: Retrieval,
    hypotheses: PoseHypotheses,
    criterion: PlaceCriterion,
) -> Retrieval:
    """Return the candidates of one image behind a given first one.

    Args:
        row: the first candidate.
        top_k: how many places are wanted.
        descriptors: (N, d) of the map.
        query: the image, its descriptor finite.
        single: candidates of the image alone.
        hypotheses: poses of the base by row.
        criterion: as for ``retrieve``.
    """
    found = single.found
    rows = np.concatenate([np.array([row], dtype=np.int64), found[found != row]])
    scores = query.similarities(descriptors[rows])
    reranked = distinct_places(rows, scores, hypotheses, top_k, criterion)
    if reranked.rival_row is not None:
        return reranked
    # All that was found is the same place: the rival is searched for in the whole map.
    distinct = hypotheses.distinct(row, np.arange(len(descriptors)), criterion)
    if not distinct.any():
        return reranked
    others = np.flatnonzero(distinct)
    similarities = query.similarities(descriptors[others], np.float32)
    best = int(similarities.argmax())
    return replace(
        reranked, rival_row=int(others[best]), rival_similarity=float(similarities[best])
    )
