# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Log-likelihood ratios of the places that the local features of an image may show."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import FloatArray, IntArray
from avpr_ros.gallery.landmarks import Landmarks
from avpr_ros.gallery.local_features import Features
from avpr_ros.verification.epipolar import epipolar_inliers, to_working_scale_px
from avpr_ros.verification.sift import nearest_of

#: Strongest features of each image and keyframe that all candidates are compared by.
_STRONGEST = 100
#: Candidates that are verified geometrically, with all their features, and how many of one place.
_MAX_VERIFIED, _MAX_PER_PLACE = 6, 2
#: Candidates whose upper bound is below this part of the largest one are pruned.
_PRUNE_RATIO = 0.5
#: Distances between descriptors are clipped here: beyond, two features are not of one point.
_DISTANCE_CLIP = 300.0
#: The nearest of some thousand unrelated descriptors is seldom nearer.
_UNRELATED_DISTANCE = 180.0
#: In a map of one place, this quantile of the distances stands for those in other places.
_SINGLE_PLACE_QUANTILE = 0.6
#: A feature that is nearer elsewhere counts against a place by this at most, in nats.
_MAX_NEGATIVE_LLR = 0.3
#: A feature counts as inlier only above this, in nats.
_MIN_LLR = 0.05
#: One keyframe of a place is significantly better than another where the ratio of its inliers is
#: more than this factor larger and, as few inliers are noise, this many nats: a thousand to one.
_KEYFRAME_FACTOR, _KEYFRAME_MARGIN = 2.0, 7.0


@dataclass(frozen=True, eq=False)
class PlaceLikelihoods:
    """Log-likelihood ratios of n candidate keyframes against all other places, in nats.

    Attributes:
        llr_all_matches: (n,) of the candidate's place, over all features wherever they lie.
        llr_inliers: (n,) of the keyframe, over the inliers of its epipolar geometry; 0 or more.
        llr_place: (n,) of the place: the larger of ``llr_all_matches`` and the ``llr_inliers`` of
            its best keyframe.
    """

    llr_all_matches: FloatArray
    llr_inliers: FloatArray
    llr_place: FloatArray

    def best_keyframe(self, members: IntArray) -> int:
        """Return the most similar keyframe of a place, unless another has far more inliers.

        Args:
            members: (m,) numbers of the place's candidates, the most similar first.
        """
        first, verified = int(members[0]), int(members[self.llr_inliers[members].argmax()])
        return verified if self.significantly_better(verified, first) else first

    def significantly_better(self, candidate: int, other: int) -> bool:
        """Compare two keyframes of a place by their inliers."""
        least = _KEYFRAME_FACTOR * self.llr_inliers[other] + _KEYFRAME_MARGIN
        return bool(self.llr_inliers[candidate] > least)


def place_log_likelihood_ratios(
    query: Features,
    landmarks: Landmarks,
    rows: IntArray,
    same_place: NDArray[np.bool_],
    enough: float = np.inf,
) -> PlaceLikelihoods:
    """Compute the log-likelihood ratio of each candidate's place against the other candidates.

    With h the distance of a query feature to its nearest neighbour in the place and e to its
    nearest neighbour elsewhere, the ratio is ``sum log(e / h)`` over the features: a
    log-likelihood ratio if distances between descriptors of one point follow a power law (after
    NBNN: Boiman et al., CVPR 2008). A feature that every place has, as those of a door, adds 0.

    Look-alikes share features of the same kind, but seldom in the same arrangement. The inliers
    of a fundamental matrix are therefore summed separately, with all features of the keyframe; in
    small or distorted images there are few of them, and the sum over all matches is larger.

    Args:
        query: features of the image.
        landmarks: of the map.
        rows: (n,) candidate rows of the map.
        same_place: (n, n) whether two candidates show one place.
        enough: where ``llr_all_matches`` reaches this, no candidate is verified geometrically;
            ``llr_inliers`` is then its upper bound, the sum over all features.
    """
    nearest = _nearest_distances(query, landmarks, rows)
    if not nearest.size:
        return PlaceLikelihoods(*np.zeros((3, len(rows))))
    elsewhere = np.stack([_elsewhere(nearest, same) for same in same_place])
    places = np.stack([nearest[same].min(axis=0) for same in same_place])
    ratios = np.log(elsewhere / places)[:, :_STRONGEST]
    llr_all_matches = np.maximum(ratios, -_MAX_NEGATIVE_LLR).sum(axis=1)
    upper_bounds = np.maximum(np.log(elsewhere / nearest), 0.0).sum(axis=1)
    if llr_all_matches.max() >= enough:
        return PlaceLikelihoods(llr_all_matches, upper_bounds, llr_all_matches)
    chosen = _unpruned(upper_bounds, same_place)
    llr_inliers = _inlier_llr(query, landmarks, rows, same_place, nearest, chosen)
    best = np.where(same_place, llr_inliers, 0.0).max(axis=1)
    return PlaceLikelihoods(llr_all_matches, llr_inliers, np.maximum(llr_all_matches, best))


def _unpruned(upper_bounds: FloatArray, same_place: NDArray[np.bool_]) -> list[int]:
    """Return the numbers of the candidates to be verified, a few of each place."""
    chosen: list[int] = []
    order = np.argsort(-upper_bounds, kind='stable')
    least = _PRUNE_RATIO * upper_bounds[order[0]]
    for number in order[upper_bounds[order] >= least].tolist():
        if len(chosen) < _MAX_VERIFIED and same_place[number, chosen].sum() < _MAX_PER_PLACE:
            chosen.append(number)
    return chosen


def _inlier_llr(
    query: Features,
    landmarks: Landmarks,
    rows: IntArray,
    same_place: NDArray[np.bool_],
    nearest: FloatArray,
    chosen: list[int],
) -> FloatArray:
    """Return (n,) log-likelihood ratios over the epipolar inliers of the chosen candidates."""
    matches: dict[int, IntArray] = {}
    for number in chosen:
        known = landmarks.descriptors[landmarks.feature_slice(int(rows[number]))]
        if len(known):
            matches[number], squares = nearest_of(query.descriptors, known)
            nearest[number] = np.clip(np.sqrt(squares), 1.0, _DISTANCE_CLIP)
    llr, query_px = np.zeros(len(rows)), to_working_scale_px(query.points_px)
    for number, matched in matches.items():
        points_px = landmarks.points_px[landmarks.feature_slice(int(rows[number]))]
        elsewhere = _elsewhere(nearest, same_place[number])
        weights = np.log(elsewhere / nearest[number]) - _MIN_LLR
        used = np.flatnonzero(weights > 0)
        # Best matches first: PROSAC samples in this order.
        used = used[np.argsort(-weights[used], kind='stable')]
        keyframe_px = to_working_scale_px(points_px)[matched[used]]
        llr[number] = weights[used][epipolar_inliers(query_px[used], keyframe_px)].sum()
    return llr


def _elsewhere(nearest: FloatArray, same: NDArray[np.bool_]) -> FloatArray:
    """Return (K,) distance of each feature to its nearest neighbour in all other places.

    A map of one place has no other to compare with: a quantile over the features stands for it,
    as the image may show something outside the map.
    """
    if not same.all():
        return np.asarray(nearest[~same].min(axis=0))
    found = float(np.quantile(nearest.min(axis=0), _SINGLE_PLACE_QUANTILE))
    return np.full(nearest.shape[1], np.clip(found, _UNRELATED_DISTANCE, _DISTANCE_CLIP))


def _nearest_distances(query: Features, landmarks: Landmarks, rows: IntArray) -> FloatArray:
    """Return (n, K) distances of query features to the nearest of each candidate's strongest.

    Returns:
        Empty where there is nothing to compare.
    """
    descriptors = query.descriptors.astype(np.float32)
    slices = [landmarks.feature_slice(int(row)) for row in rows]
    slices = [slice(s.start, min(s.stop, s.start + _STRONGEST)) for s in slices]
    sizes = np.array([s.stop - s.start for s in slices])
    if not len(descriptors) or not sizes.any():
        return np.zeros((0, 0))
    known = np.concatenate([landmarks.descriptors[s] for s in slices]).astype(np.float32)
    # |a - b|^2 = |a|^2 - 2 (a.b - |b|^2 / 2), and only the nearest of each candidate is needed.
    halves = np.einsum('ij,ij->i', known, known) / 2
    ones = np.ones(len(descriptors), np.float32)
    closeness = np.column_stack([known, -halves]) @ np.column_stack([descriptors, ones]).T
    filled = np.flatnonzero(sizes)
    starts = np.concatenate([[0], np.cumsum(sizes[filled])[:-1]])
    best = np.maximum.reduceat(closeness, starts, axis=0)
    squares = np.einsum('ij,ij->i', descriptors, descriptors) - 2 * best
    nearest = np.full((len(rows), len(descriptors)), _DISTANCE_CLIP)
    nearest[filled] = np.clip(np.sqrt(np.maximum(squares, 0.0)), 1.0, _DISTANCE_CLIP)
    return nearest
