# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""How much the local features of an image speak for one place rather than for all others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import FloatArray, IntArray
from avpr_ros.gallery.landmarks import Landmarks
from avpr_ros.gallery.local_features import Features
from avpr_ros.verification.epipolar import agreeing, to_working_scale_px
from avpr_ros.verification.sift import nearest_of

#: Features of each picture that every candidate is asked for, the strongest.
_STRONGEST = 100
#: Candidates that these speak for most are looked at closely, with all their features; so many of
#: them at most of one place.
_CLOSELY, _OF_A_PLACE = 6, 2
#: Those for which they speak so much less, in parts of the most, cannot win.
_HOPELESS = 0.5
#: Descriptors farther apart than this are not of one corner; distances are cut there.
_FAR = 300.0
#: Corners that have nothing to do with each other are seldom nearer, among some thousand.
_UNLIKE = 180.0
_MOST = 0.6
#: A feature that is better seen elsewhere counts against a place by this much at most, in nats.
_MOST_AGAINST = 0.3
#: A feature that counts for where it is must be so much nearer in one place than in all others.
_NOISE = 0.05
#: Corners speak for a keyframe of a place rather than for another where they say more than twice
#: as much of it and, as few corners are noise, this many nats: a thousand to one.
_TWICE, _CLEARLY = 2.0, 7.0


@dataclass(frozen=True, eq=False)
class PlaceLikelihoods:
    """What the features of an image say of n candidate keyframes.

    Attributes:
        anywhere: (n,) for the place that each shows, in nats, by features wherever they lie.
        llr_inliers: (n,) by those alone that lie as two views of one scene do, in the image and in
            that very keyframe; 0 or more.
        llr_place: (n,) the larger of the two, ``llr_inliers`` that of the place's best.
    """

    anywhere: FloatArray
    llr_inliers: FloatArray
    llr_place: FloatArray

    def best_keyframe(self, members: IntArray) -> int:
        """Return which keyframe of a place it is: the most similar, unless corners tell.

        Args:
            members: (m,) numbers of the place's candidates, the most similar first.
        """
        shown = int(members[self.llr_inliers[members].argmax()])
        return shown if self.significantly_better(shown, int(members[0])) else int(members[0])

    def significantly_better(self, number: int, other: int) -> bool:
        """Tell whether corners speak for one keyframe of a place rather than for another."""
        return bool(self.llr_inliers[number] > _TWICE * self.llr_inliers[other] + _CLEARLY)


def place_log_likelihood_ratios(
    query: Features,
    landmarks: Landmarks,
    rows: IntArray,
    same_place: NDArray[np.bool_],
    enough: float = np.inf,
) -> PlaceLikelihoods:
    """Weigh each candidate's place against the other candidates.

    With h the distance of a query feature to its nearest in the place and e to its nearest
    elsewhere, the place gets ``sum log(e / h)`` over the features: a log likelihood ratio if
    distances of one corner's descriptors fall off as a power (after NBNN: Boiman et al., CVPR
    2008). A corner that every place has, such as that of a door, says nothing.

    So many features counted, look-alikes gather something, too: of those that have corners of the
    same kind few have them in the same layout. Features on which two views of one rigid scene
    agree (a fundamental matrix, robustly) are therefore counted closely and alone; in small or
    distorted pictures too few do, and what all say is more.

    Args:
        query: features of the image.
        landmarks: of the map.
        rows: (n,) candidate rows of the map.
        same_place: (n, n) whether two candidates show one place.
        enough: evidence from which on nothing is looked at closely; ``llr_inliers`` is then that
            of all features that speak for the keyframe.
    """
    nearest = _nearest_distances(query, landmarks, rows)
    if not nearest.size:
        return PlaceLikelihoods(*np.zeros((3, len(rows))))
    elsewhere = np.stack([_elsewhere(nearest, same) for same in same_place])
    places = np.stack([nearest[same].min(axis=0) for same in same_place])
    ratios = np.log(elsewhere / places)[:, :_STRONGEST]
    anywhere = np.maximum(ratios, -_MOST_AGAINST).sum(axis=1)
    hopes = np.maximum(np.log(elsewhere / nearest), 0.0).sum(axis=1)
    if anywhere.max() >= enough:
        return PlaceLikelihoods(anywhere, hopes, anywhere)
    chosen = _promising(hopes, same_place)
    by_keyframe = _keyframe_evidence(query, landmarks, rows, same_place, nearest, chosen)
    best = np.where(same_place, by_keyframe, 0.0).max(axis=1)
    return PlaceLikelihoods(anywhere, by_keyframe, np.maximum(anywhere, best))


def _promising(hopes: FloatArray, same_place: NDArray[np.bool_]) -> list[int]:
    """Return the numbers of the candidates to be looked at closely, a few of each place."""
    chosen: list[int] = []
    order = np.argsort(-hopes, kind='stable')
    for number in order[hopes[order] >= _HOPELESS * hopes[order[0]]].tolist():
        if len(chosen) < _CLOSELY and same_place[number, chosen].sum() < _OF_A_PLACE:
            chosen.append(number)
    return chosen


def _keyframe_evidence(
    query: Features,
    landmarks: Landmarks,
    rows: IntArray,
    same_place: NDArray[np.bool_],
    nearest: FloatArray,
    chosen: list[int],
) -> FloatArray:
    """Return (n,) what features say on which image and keyframe agree, for the chosen ones."""
    which: dict[int, IntArray] = {}
    for number in chosen:
        known = landmarks.descriptors[landmarks.of(int(rows[number]))]
        if len(known):
            which[number], squares = nearest_of(query.descriptors, known)
            nearest[number] = np.clip(np.sqrt(squares), 1.0, _FAR)
    evidence, asked_px = np.zeros(len(rows)), to_working_scale_px(query.points_px)
    for number, found in which.items():
        points_px = landmarks.points_px[landmarks.of(int(rows[number]))]
        elsewhere = _elsewhere(nearest, same_place[number])
        weights = np.log(elsewhere / nearest[number]) - _NOISE
        speak = np.flatnonzero(weights > 0)
        # The surest first, as PROSAC takes them.
        speak = speak[np.argsort(-weights[speak], kind='stable')]
        agree = agreeing(asked_px[speak], to_working_scale_px(points_px)[found[speak]])
        evidence[number] = weights[speak][agree].sum()
    return evidence


def _elsewhere(nearest: FloatArray, same: NDArray[np.bool_]) -> FloatArray:
    """Return (K,) how near each feature comes in all other places.

    In a map of one place there is none to compare with: what most of the features find there
    stands for it, as the image may be of somewhere else.
    """
    if not same.all():
        return np.asarray(nearest[~same].min(axis=0))
    found = float(np.quantile(nearest.min(axis=0), _MOST))
    return np.full(nearest.shape[1], np.clip(found, _UNLIKE, _FAR))


def _nearest_distances(query: Features, landmarks: Landmarks, rows: IntArray) -> FloatArray:
    """Return (n, K) distance of each query feature to the nearest of each candidate's strongest.

    Returns:
        Empty where there is nothing to compare.
    """
    asked = query.descriptors.astype(np.float32)
    spans = [landmarks.of(int(row)) for row in rows]
    spans = [slice(one.start, min(one.stop, one.start + _STRONGEST)) for one in spans]
    sizes = np.array([one.stop - one.start for one in spans])
    if not len(asked) or not sizes.any():
        return np.zeros((0, 0))
    known = np.concatenate([landmarks.descriptors[one] for one in spans]).astype(np.float32)
    # |a - b|^2 = |a|^2 - 2 (a.b - |b|^2 / 2), and only the nearest of each candidate is asked for.
    halves = np.einsum('ij,ij->i', known, known) / 2
    ones = np.ones(len(asked), np.float32)
    closeness = np.column_stack([known, -halves]) @ np.column_stack([asked, ones]).T
    filled = np.flatnonzero(sizes)
    starts = np.concatenate([[0], np.cumsum(sizes[filled])[:-1]])
    best = np.maximum.reduceat(closeness, starts, axis=0)
    squares = np.einsum('ij,ij->i', asked, asked) - 2 * best
    nearest = np.full((len(rows), len(asked)), _FAR)
    nearest[filled] = np.clip(np.sqrt(np.maximum(squares, 0.0)), 1.0, _FAR)
    return nearest
