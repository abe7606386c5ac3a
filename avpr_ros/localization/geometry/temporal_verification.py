# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Asks the local features of each image which of the candidate places it shows."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest

import numpy as np

from avpr_ros.arrays import Descriptors, FloatArray, IntArray
from avpr_ros.gallery.gallery import Gallery
from avpr_ros.gallery.landmarks import Landmarks
from avpr_ros.gallery.places import PlaceCriterion
from avpr_ros.localization.pose_hypotheses import PoseHypotheses
from avpr_ros.localization.query import Query
from avpr_ros.localization.retrieval import Retrieval
from avpr_ros.localization.verification_result import VerificationResult
from avpr_ros.verification.accumulator import merge_candidates
from avpr_ros.verification.place_likelihood import PlaceLikelihoods, place_log_likelihood_ratios
from avpr_ros.verification.place_tracker import PlaceTracker
from avpr_ros.verification.sift import extract_features

#: Images older than this say nothing about the present one.
_MAX_AGE_S = 10.0


@dataclass(frozen=True, eq=False)
class _Way:
    """What the images of a camera led to so far.

    Attributes:
        tracker: the evidence along it.
        stamp_ns: of the last image.
    """

    tracker: PlaceTracker
    stamp_ns: int


class TemporalVerifier:
    """Follows each camera's evidence from image to image, while they lead near one another."""

    def __init__(
        self,
        gallery: Gallery,
        landmarks: Landmarks,
        criterion: PlaceCriterion,
        neighbours_m: float,
        max_speed_m_s: float,
    ) -> None:
        """Set up for a map.

        Args:
            gallery: the map.
            landmarks: of the map.
            criterion: by which two keyframes show distinct places.
            neighbours_m: within this distance two keyframes are as good as one another.
            max_speed_m_s: of the robot; how far apart the places of two images may lie.
        """
        self._stored = gallery.descriptors
        self._landmarks = landmarks
        self._criterion = criterion
        self._neighbours_m = neighbours_m
        self._max_speed_m_s = max_speed_m_s
        # Where a pose will be measured, it need not be known which keyframe of the place it is.
        self._enough = landmarks.min_single_image_llr if landmarks.measurable else np.inf
        self._ways: dict[str, _Way] = {}

    def forget(self) -> None:
        """Start all cameras anew."""
        self._ways = {}

    def verify(
        self, query: Query, retrieval: Retrieval, hypotheses: PoseHypotheses
    ) -> VerificationResult | None:
        """Weigh the candidate places of an image; None without image, features or candidates."""
        if query.image is None:
            return None
        features = query.features
        if features is None:
            features = extract_features(query.image)
        if not len(features):
            return None
        tracker, reach_m, near = self._before(query, hypotheses)
        rows = merge_candidates(retrieval.found, near)
        if len(rows) < 2:
            return None
        same = ~hypotheses.all_distinct(rows, self._criterion)
        evidence = place_log_likelihood_ratios(features, self._landmarks, rows, same, self._enough)
        positions_m = hypotheses.positions_m(rows)
        tracked = tracker.follow(evidence, same, positions_m, reach_m, query.stamp_ns)
        self._ways[query.camera] = _Way(tracker, query.stamp_ns)
        led = tracked.place
        first = led.candidate
        order = led.members[np.argsort(-evidence.llr_inliers[led.members], kind='stable')]
        place = rows[np.concatenate([[first], order[order != first]])]
        keyframe_disagreement_m = self._dispute_m(evidence, led.members, positions_m)
        return VerificationResult(
            features,
            int(place[0]),
            place,
            keyframe_disagreement_m,
            led.llr,
            led.accumulated_llr,
            tracked.moved_images,
            tracked.relocated_ns,
        )

    def _dispute_m(
        self, evidence: PlaceLikelihoods, members: IntArray, positions_m: FloatArray
    ) -> float:
        """Return how far the most similar keyframe lies from that with most inliers."""
        first, shown = int(members[0]), int(members[evidence.llr_inliers[members].argmax()])
        apart_m = float(np.linalg.norm(positions_m[first] - positions_m[shown]))
        if apart_m <= self._neighbours_m or evidence.significantly_better(shown, first):
            return 0.0
        return apart_m

    def _before(
        self, query: Query, hypotheses: PoseHypotheses
    ) -> tuple[PlaceTracker, float, IntArray]:
        """Return the tracker, how far the robot may have come, and what lies there."""
        way = self._ways.get(query.camera)
        if way is None:
            tracker = PlaceTracker(self._landmarks.floor, self._criterion.radius_m)
            return tracker, 0.0, np.zeros(0, dtype=np.int64)
        tracker, age_s = way.tracker, (query.stamp_ns - way.stamp_ns) * 1e-9
        if not 0 < age_s <= _MAX_AGE_S:
            tracker.forget()
        reach_m = self._criterion.radius_m + self._max_speed_m_s * age_s
        near = [hypotheses.rows_within(at_m, reach_m) for at_m in tracker.positions_m]
        near = [rows[np.argsort(-self._scores(rows, query.descriptor))] for rows in near]
        return tracker, reach_m, _in_turn(near)

    def _scores(self, rows: IntArray, descriptor: Descriptors) -> Descriptors:
        return np.asarray(self._stored[rows].astype(np.float32) @ descriptor)


def _in_turn(lists: list[IntArray]) -> IntArray:
    """Merge row lists: the first of each, then the second of each, and so on; each row once."""
    merged = [row for turn in zip_longest(*(one.tolist() for one in lists)) for row in turn]
    return np.array(list(dict.fromkeys(row for row in merged if row is not None)), np.int64)
