# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Log-likelihood ratios that false matches reach, estimated on the map itself."""

from __future__ import annotations

from dataclasses import dataclass, replace
import math

import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import Descriptors, FloatArray, IntArray
from avpr_ros.gallery.keyframes import Keyframes
from avpr_ros.gallery.local_features.false_positive_floor import (
    FALSE_POSITIVE_RATE,
    FalsePositiveFloor,
)
from avpr_ros.gallery.local_features.landmarks import Landmarks
from avpr_ros.gallery.places import ANY_ANGLE_RAD, PlaceCriterion
from avpr_ros.mapping.leave_one_out import LeaveOneOutMatcher, LeaveOneOutResult
from avpr_ros.verification.accumulator import LikelihoodAccumulator

#: Sequences of successive keyframes that stand for a drive outside the map, and their length.
_SEQUENCES = 40
_SEQUENCE_LENGTH = 50
#: Candidates of an impostor lie beyond this many radii of a place: nearer keyframes show the same
#: things from farther off, and are true matches.
_SIGHT_RADII = 4.0
#: Quantile of the impostors' log-likelihood ratios that is their background level.
BACKGROUND_QUANTILE = 0.95
#: Pairs whose rows differ by no more than this are the same look-alike.
_SAME_PAIR_ROWS = 10
#: With fewer impostors the distribution is unknown, as in a map of one room. Of images of other
#: buildings and of a town one in a hundred exceeded this background, in nats, against such a room.
MIN_IMPOSTORS = 60
_UNKNOWN_BACKGROUND = 3.0
#: Single impostors that ``impostor_llrs`` scores, about.
_SAMPLE = 400
#: The background is estimated on every fourth impostor.
_BACKGROUND_STEP = 4


@dataclass(frozen=True, eq=False)
class ImpostorScores:
    """Keyframes that were matched against the map without all that lies in sight of them.

    Attributes:
        rows: (K,) the keyframes.
        matched_rows: (K,) the best keyframe of the place that each was falsely matched with.
        llr: (K,) log-likelihood ratio of that match, in nats.
        background_llr: exceeded by one impostor image in twenty, in nats.
        accumulated_llr: (K,) sum over the sequence so far, in nats above the background; 0 where
            the image itself does not exceed it.
        kinds: how many kinds of features are mixed.
    """

    rows: IntArray
    matched_rows: IntArray
    llr: FloatArray
    background_llr: float
    accumulated_llr: FloatArray
    kinds: int = 1

    @property
    def min_single_image_llr(self) -> float:
        """See ``FalsePositiveFloor``."""
        return extreme_value_threshold(self.llr)

    @property
    def min_accumulated_llr(self) -> float:
        """See ``FalsePositiveFloor``."""
        lowest_llr = _MIN_MIXED_ACCUMULATED if self.kinds > 1 else None
        return extreme_value_threshold(self.accumulated_llr, lowest_llr)

    @property
    def floor(self) -> FalsePositiveFloor:
        """The thresholds that follow."""
        return FalsePositiveFloor(
            self.background_llr, self.min_accumulated_llr, self.min_single_image_llr
        )

    def most_confusable_pairs(self, count: int) -> list[tuple[int, int, float]]:
        """Return the pairs with the largest log-likelihood ratios as (row, row, nats).

        Each place is named once: pairs within ten rows of one already named are left out.
        """
        pairs: list[tuple[int, int, float]] = []
        for i in np.argsort(-self.llr, kind='stable'):
            a, b = sorted((int(self.rows[i]), int(self.matched_rows[i])))
            if len(pairs) == count or self.llr[i] <= 0:
                break
            if all(
                abs(a - c) > _SAME_PAIR_ROWS or abs(b - d) > _SAME_PAIR_ROWS for c, d, _ in pairs
            ):
                pairs.append((a, b, float(self.llr[i])))
        return pairs


def score_impostors(
    landmarks: Landmarks, descriptors: Descriptors, keyframes: Keyframes, distinct_m: float
) -> ImpostorScores:
    """Match keyframes against the map without all that lies in sight of them.

    Every match is a false positive.

    Args:
        landmarks: of the map's N keyframes.
        descriptors: (N, d) unit rows.
        keyframes: the N rows.
        distinct_m: radius of a place; its keyframes may have any rotation.
    """
    place = PlaceCriterion(distinct_m, ANY_ANGLE_RAD)
    impostors = _Impostors(LeaveOneOutMatcher(landmarks, descriptors, keyframes, place), place)
    sequences = _sequences(keyframes)
    background_llr = impostors.background_llr([row for row, _ in sequences[::_BACKGROUND_STEP]])
    track = LikelihoodAccumulator(background_llr, distinct_m)
    scores = []
    for number, (row, follows) in enumerate(sequences):
        step_m = impostors.distance_m(row, sequences[number - 1][0])
        if not follows or step_m > distinct_m:  # beyond a gap a new sequence begins
            track.forget()
        score = impostors.score(row, track, distinct_m + step_m)
        if score is None:
            track.forget()
        else:
            scores.append((row, *score))
    columns = np.array(scores, dtype=np.float64).reshape(-1, 4).T
    rows, matched = columns[0].astype(np.int64), columns[1].astype(np.int64)
    kinds = len(landmarks.recognition_layers)
    return ImpostorScores(rows, matched, columns[2], background_llr, columns[3], kinds)


def impostor_llrs(
    landmarks: Landmarks, descriptors: Descriptors, keyframes: Keyframes, distinct_m: float
) -> FloatArray:
    """Return (K,) log-likelihood ratios of single impostors, a sample; see ``score_impostors``."""
    place = PlaceCriterion(distinct_m, ANY_ANGLE_RAD)
    impostors = _Impostors(LeaveOneOutMatcher(landmarks, descriptors, keyframes, place), place)
    rows = [row for row, _ in _sequences(keyframes)]
    return impostors.llrs(rows[:: max(1, len(rows) // _SAMPLE)])


class _Impostors:
    """Matches keyframes against what lies out of their sight."""

    def __init__(self, matcher: LeaveOneOutMatcher, place: PlaceCriterion) -> None:
        self._matcher = matcher
        self._sight = replace(place, radius_m=_SIGHT_RADII * place.radius_m)

    def distance_m(self, row: int, other: int) -> float:
        """Return the distance between two keyframes."""
        poses = self._matcher.poses
        return float(np.linalg.norm(poses[row, :3] - poses[other, :3]))

    def llrs(self, rows: list[int]) -> FloatArray:
        """Return (K,) log-likelihood ratios of the best false matches, in nats."""
        results = [self._match(row) for row in rows]
        return np.array([result.llr for result in results if result is not None])

    def background_llr(self, rows: list[int]) -> float:
        """Return the log-likelihood ratio that few single impostors exceed, in nats."""
        llrs = self.llrs(rows)
        if len(llrs) * _BACKGROUND_STEP < MIN_IMPOSTORS:
            return _UNKNOWN_BACKGROUND
        return max(float(np.quantile(llrs, BACKGROUND_QUANTILE)), 0.0)

    def score(
        self, row: int, track: LikelihoodAccumulator, reach_m: float
    ) -> tuple[int, float, float] | None:
        """Match a keyframe as the matcher would after the images of a track.

        Returns:
            The row of the best false match, its log-likelihood ratio, and what the track has
            accumulated with it; None with fewer than two candidates.
        """
        result = self._match(row, track, reach_m)
        if result is None:
            return None
        update = track.follow(result.likelihoods, result.same_place, result.positions_m, reach_m)
        # An image at the background level is not accepted, whatever came before.
        accumulated_llr = update.accumulated_llr if update.llr > track.background_llr else 0.0
        return result.keyframe_row, result.llr, accumulated_llr

    def _match(
        self, row: int, track: LikelihoodAccumulator | None = None, reach_m: float = 0.0
    ) -> LeaveOneOutResult | None:
        poses = self._matcher.poses
        out_of_sight = self._sight.distinct(poses[row], poses)
        return self._matcher.match(row, out_of_sight, track, reach_m)


def _sequences(keyframes: Keyframes) -> list[tuple[int, bool]]:
    """Return the rows of all impostor sequences, and whether each row follows the one before."""
    order = np.lexsort((np.arange(len(keyframes)), keyframes.cameras, keyframes.sessions))
    starts = np.unique(
        np.linspace(0, max(len(order) - _SEQUENCE_LENGTH, 0), _SEQUENCES).round().astype(np.int64)
    )
    # Sequences of a small map would overlap.
    kept: NDArray[np.bool_] = np.zeros(len(order), dtype=np.bool_)
    for start in starts:
        kept[start : start + _SEQUENCE_LENGTH] = True
    places = np.flatnonzero(kept)
    same = keyframes.sessions[order[places[1:]]] == keyframes.sessions[order[places[:-1]]]
    same &= keyframes.cameras[order[places[1:]]] == keyframes.cameras[order[places[:-1]]]
    follows = np.concatenate([[False], same & (np.diff(places) == 1)])
    return [(int(row), bool(after)) for row, after in zip(order[places], follows, strict=True)]


#: The tail of the distribution is a twentieth of the images; in a small map more, so that it has
#: at least this many of them.
_TAIL, _MIN_TAIL_SIZE = 0.05, 20
#: Smallest threshold, in nats.
_MIN_THRESHOLD = 10.0
#: The same of a track above the background where several kinds of features are mixed, whose nats
#: each make an impostor e times as rare: from one in twenty to one in ten thousand.
_MIN_MIXED_ACCUMULATED = 6.2
#: With fewer images the tail is unknown, as in a map of one room. Images of other buildings and of
#: a town reached up to 11 nats against such a room.
_UNKNOWN_THRESHOLD = 20.0


def extreme_value_threshold(llr: FloatArray, lowest_llr: float | None = None) -> float:
    """Return the log-likelihood ratio that impostors reach at ``FALSE_POSITIVE_RATE``, in nats.

    The tail of the distribution is taken to be exponential (peaks over a threshold: Pickands,
    Ann. Statist. 1975), so that rare values need not be among the impostors.

    Args:
        llr: (K,) ``llr`` or ``accumulated_llr`` of ``ImpostorScores``.
        lowest_llr: smallest threshold, in nats; None: 10.
    """
    lower_bound = _MIN_THRESHOLD if lowest_llr is None else lowest_llr
    if len(llr) < MIN_IMPOSTORS:
        lower_bound = _UNKNOWN_THRESHOLD
    if not len(llr):
        return lower_bound
    share = min(max(_TAIL, _MIN_TAIL_SIZE / len(llr)), 1.0)
    start = float(np.quantile(llr, 1 - share))
    excess = llr[llr >= start] - start
    tail = start + float(excess.mean()) * math.log(share / FALSE_POSITIVE_RATE)
    return max(tail, float(llr.max()), lower_bound)
