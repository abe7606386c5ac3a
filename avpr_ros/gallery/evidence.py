# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""How much the local features of an image speak for one place rather than for all others."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import FloatArray, IntArray
from avpr_ros.gallery.features import Features
from avpr_ros.gallery.landmarks import Landmarks

#: Features of each image that are compared, the strongest.
_COMPARED = 150
#: Descriptors farther apart than this are not of one corner; distances are cut there.
_FAR = 300.0
#: A feature that is better seen elsewhere counts against a place by this much at most.
_MOST_AGAINST = 0.3
#: Standard deviations from which corners overrule similarity among the keyframes of one place.
_CLEARLY = 4.0


def place_evidence(nearest: FloatArray, same_place: NDArray[np.bool_]) -> FloatArray:
    """Weigh each candidate's place against the other candidates.

    With h the distance of a query feature to its nearest in the place and e to its nearest
    elsewhere, the place gets ``sum log(e / h)`` over the features: a log likelihood ratio if
    distances of one corner's descriptors fall off as a power (after NBNN: Boiman et al., CVPR
    2008). A corner that every place has, such as that of a door, says nothing.

    Args:
        nearest: (n, K) ``nearest_distances`` of n candidates.
        same_place: (n, n) whether two candidates show one place.

    Returns:
        (n,) evidence for the place of each candidate; 0 where there is nothing to compare.
    """
    found = np.zeros(len(same_place))
    if not nearest.size:
        return found
    for number in range(len(same_place)):
        here = nearest[same_place[number]].min(axis=0)
        others = nearest[~same_place[number]]
        elsewhere = others.min(axis=0) if len(others) else np.full(len(here), _FAR)
        found[number] = np.maximum(np.log(elsewhere / here), -_MOST_AGAINST).sum()
    return found


def most_shown(nearest: FloatArray) -> int:
    """Return which keyframe of a place has most of the corners that the query shows.

    Args:
        nearest: (n, K) ``nearest_distances`` of the place's keyframes.
    """
    return int(np.log(nearest).sum(axis=1).argmin())


def clearest(nearest: FloatArray) -> int:
    """Return which keyframe of a place shows what the query shows: the first, unless corners tell.

    Each feature says by how much another keyframe has it better, ``log(first / other)``. Where
    the keyframes show the same these are noise about 0; the other one is taken if their sum is
    beyond so many standard deviations of such noise.

    Args:
        nearest: (n, K) ``nearest_distances`` of the place's keyframes, the most similar first.
    """
    if len(nearest) < 2 or not nearest.size:
        return 0
    other = most_shown(nearest)
    return other if clearly_shown(nearest, other, np.zeros(1, np.int64)) else 0


def clearly_shown(nearest: FloatArray, number: int, rivals: IntArray) -> bool:
    """Tell whether a keyframe has the query's corners clearly better than each of its rivals.

    Args:
        nearest: (n, K) ``nearest_distances`` of the place's keyframes.
        number: of the keyframe among these.
        rivals: (m,) numbers of the others.
    """
    better = np.log(nearest[rivals] / nearest[number])
    noise = np.sqrt((better**2).sum(axis=1))
    return bool(((better.sum(axis=1) > _CLEARLY * noise) & (noise > 0)).all())


def nearest_distances(query: Features, landmarks: Landmarks, rows: IntArray) -> FloatArray:
    """Return (n, K) distance of each query feature to the nearest of each candidate.

    Args:
        query: features of the image.
        landmarks: of the map.
        rows: (n,) candidate rows of the map.

    Returns:
        Empty where there is nothing to compare.
    """
    asked = query.descriptors[:_COMPARED].astype(np.float32)
    spans = [landmarks.of(int(row)) for row in rows]
    spans = [slice(one.start, min(one.stop, one.start + _COMPARED)) for one in spans]
    sizes = np.array([one.stop - one.start for one in spans])
    if not len(asked) or not sizes.any():
        return np.zeros((0, 0))
    known = np.concatenate([landmarks.descriptors[one] for one in spans]).astype(np.float32)
    halves = np.einsum('ij,ij->i', known, known) / 2
    # |a - b|^2 = |a|^2 - 2 (a.b - |b|^2 / 2), and only the nearest of each candidate is asked for.
    closeness = known @ asked.T
    closeness -= halves[:, np.newaxis]
    filled = np.flatnonzero(sizes)
    starts = np.concatenate([[0], np.cumsum(sizes[filled])[:-1]])
    best = np.maximum.reduceat(closeness, starts, axis=0)
    squares = np.einsum('ij,ij->i', asked, asked) - 2 * best
    nearest = np.full((len(rows), len(asked)), _FAR)
    nearest[filled] = np.clip(np.sqrt(np.maximum(squares, 0.0)), 1.0, _FAR)
    return nearest
