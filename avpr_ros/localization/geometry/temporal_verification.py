# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Place log-likelihood ratios by local features, accumulated over the images of each camera."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from itertools import zip_longest

import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import FloatArray, IntArray
from avpr_ros.gallery.gallery import Gallery
from avpr_ros.gallery.local_features.false_positive_floor import FalsePositiveFloor
from avpr_ros.gallery.local_features.features import Features
from avpr_ros.gallery.local_features.landmarks import Landmarks
from avpr_ros.gallery.places import PlaceCriterion
from avpr_ros.localization.geometry.camera_track import (
    CandidatePlaces,
    Track,
    Trackers,
    follow,
)
from avpr_ros.localization.geometry.query_features import QueryFeatures
from avpr_ros.localization.pose_hypotheses import PoseHypotheses
from avpr_ros.localization.query import Query
from avpr_ros.localization.retrieval import Retrieval
from avpr_ros.localization.verification_result import VerificationResult
from avpr_ros.verification.accumulator import merge_candidates
from avpr_ros.verification.layer_likelihood import LayerLikelihoods, layer_likelihoods
from avpr_ros.verification.place_likelihood import PlaceLikelihoods, combine_kinds
from avpr_ros.verification.place_tracker import TrackedPlace
from avpr_ros.verification.running_weights import RunningWeights

#: The track of a camera ends after so long without an image.
_MAX_AGE_S = 10.0


@dataclass(frozen=True, eq=False)
class _ComparedImage:
    """An image compared by as many kinds of features as needed, and the thresholds that count."""

    features: tuple[Features, ...]
    kinds: list[LayerLikelihoods]
    likelihoods: PlaceLikelihoods
    tracked: TrackedPlace
    floor: FalsePositiveFloor


class TemporalVerifier:
    """Verifies candidates of each image, given those of the images before by the same camera."""

    def __init__(
        self,
        gallery: Gallery,
        landmarks: Landmarks,
        features: QueryFeatures,
        criterion: PlaceCriterion,
        neighbours_m: float,
        max_speed_m_s: float,
    ) -> None:
        """Set up for a map.

        Args:
            gallery: the map.
            landmarks: local features of its keyframes.
            features: extracts those of queries, of the same kinds.
            criterion: by which two keyframes show distinct places.
            neighbours_m: within this distance two keyframes are neighbours.
            max_speed_m_s: of the robot; how far apart the places of two images may lie.
        """
        self._stored = gallery.descriptors
        self._landmarks = landmarks
        self._layers = landmarks.recognition_layers
        self._features = features
        self._criterion = criterion
        self._neighbours_m = neighbours_m
        self._max_speed_m_s = max_speed_m_s
        self._tracks: dict[str, Track] = {}

    def forget(self) -> None:
        """Clear the history of all cameras."""
        self._tracks = {}

    def verify(
        self, query: Query, retrieval: Retrieval, hypotheses: PoseHypotheses
    ) -> VerificationResult | None:
        """Verify the candidates of an image; None without image, features or candidates.

        Further kinds of features are extracted only where the first does not suffice: by itself,
        with the thresholds of its own impostors, or as a lower bound of the mixture of all kinds.
        What a kind to which places look alike adds to the mixture takes nothing from the first.
        """
        if query.image is None:
            return None
        trackers, reach_m, near = self._prior(query, hypotheses)
        rows = merge_candidates(retrieval.found, near)
        if len(rows) < 2:
            return None
        places = CandidatePlaces(
            rows,
            ~hypotheses.all_distinct(rows, self._criterion),
            hypotheses.positions_m(rows),
            reach_m,
        )
        track = self._tracks.get(query.camera)
        weights = RunningWeights(self._layers) if track is None else track.weights
        compared = self._compare(query, places, trackers, weights)
        if compared is None:
            return None
        if compared.tracked.place.llr > compared.floor.background_llr:
            weights.update(compared.kinds, compared.tracked.place.candidate)
        self._tracks[query.camera] = Track(trackers, weights, query.stamp_ns)
        return self._result(compared, places)

    def _compare(
        self, query: Query, places: CandidatePlaces, trackers: Trackers, weights: RunningWeights
    ) -> _ComparedImage | None:
        """Compare features kind by kind until they suffice; None where there are none at all."""
        layers, floor = weights.layers, self._landmarks.floor
        features: list[Features] = []
        kinds: list[LayerLikelihoods] = []
        while True:
            features.append(self._features_of(query, len(features)))
            layer = layers[len(kinds)]
            kinds.append(layer_likelihoods(features[-1], layer, places.rows, places.same))
            complete = len(kinds) == len(layers)
            if complete and not any(map(len, features)):
                return None
            first = None
            if len(kinds) == 1:
                first = self._by_first_kind(query, features[0], kinds[0], places, trackers)
            likelihoods = combine_kinds(kinds, layers, self._enough(floor))
            if complete or first is not None:
                advanced = trackers.mixed
            else:  # a copy, as the image is added to the track once
                advanced = deepcopy(trackers.mixed)
            tracked = follow(advanced, likelihoods, places, query.stamp_ns)
            if first is not None:
                return first
            if complete or self._suffices(floor, likelihoods, tracked, places):
                trackers.mixed = advanced
                return _ComparedImage(tuple(features), kinds, likelihoods, tracked, floor)

    def _by_first_kind(
        self,
        query: Query,
        features: Features,
        kind: LayerLikelihoods,
        places: CandidatePlaces,
        trackers: Trackers,
    ) -> _ComparedImage | None:
        """Add an image to the track of the first kind; None if that does not suffice."""
        floor, tracker = self._landmarks.first_kind_floor, trackers.first_kind
        if floor is None or tracker is None:
            return None
        likelihoods = combine_kinds([kind], self._layers[:1], self._enough(floor))
        tracked = follow(tracker, likelihoods, places, query.stamp_ns)
        if not self._suffices(floor, likelihoods, tracked, places):
            return None
        return _ComparedImage((features,), [kind], likelihoods, tracked, floor)

    def _enough(self, floor: FalsePositiveFloor) -> float:
        """Return the ratio at which no candidate need be verified geometrically, in nats.

        Where a pose is estimated, it need not be known which keyframe of the place it is.
        """
        return floor.min_single_image_llr if self._landmarks.measurable else np.inf

    def _suffices(
        self,
        floor: FalsePositiveFloor,
        likelihoods: PlaceLikelihoods,
        tracked: TrackedPlace,
        places: CandidatePlaces,
    ) -> bool:
        """Return whether the place passes, and its keyframe or a pose by PnP is known."""
        found = tracked.place
        if not floor.passes(found.llr, found.accumulated_llr):
            return False
        return self._landmarks.measurable or not self._keyframe_disagreement_m(
            likelihoods, found.members, places.positions_m
        )

    def _features_of(self, query: Query, number: int) -> Features:
        """Return the features of one kind, extracted unless they are already."""
        if query.features is not None and number < len(query.features):
            return query.features[number]
        assert query.image is not None
        field = self._features.field(query.camera, query.intrinsics)
        return self._features.extract(query.image, field, number, number + 1)[0]

    def _result(self, compared: _ComparedImage, places: CandidatePlaces) -> VerificationResult:
        likelihoods, tracked, rows = compared.likelihoods, compared.tracked, places.rows
        best = tracked.place
        first = best.candidate
        by_inliers = np.argsort(-likelihoods.llr_inliers[best.members], kind='stable')
        order = best.members[by_inliers]
        place = rows[np.concatenate([[first], order[order != first]])]
        return VerificationResult(
            compared.features,
            int(place[0]),
            place,
            self._keyframe_disagreement_m(likelihoods, best.members, places.positions_m),
            best.llr,
            best.accumulated_llr,
            tracked.moved_images,
            tracked.relocated_ns,
            floor=compared.floor,
        )

    def _keyframe_disagreement_m(
        self, likelihoods: PlaceLikelihoods, members: IntArray, positions_m: FloatArray
    ) -> float:
        """Return the distance of the most similar keyframe from that with most inliers."""
        first = int(members[0])
        most_inliers = int(members[likelihoods.llr_inliers[members].argmax()])
        apart_m = float(np.linalg.norm(positions_m[first] - positions_m[most_inliers]))
        if apart_m <= self._neighbours_m or likelihoods.significantly_better(most_inliers, first):
            return 0.0
        return apart_m

    def _prior(self, query: Query, hypotheses: PoseHypotheses) -> tuple[Trackers, float, IntArray]:
        """Return the trackers, the distance driven at most since, and the rows within it."""
        track = self._tracks.get(query.camera)
        if track is None:
            new = Trackers.of_map(self._landmarks, self._criterion.radius_m)
            return new, 0.0, np.zeros(0, dtype=np.int64)
        trackers, age_s = track.trackers, (query.stamp_ns - track.stamp_ns) * 1e-9
        if not 0 < age_s <= _MAX_AGE_S:
            trackers.forget()
        reach_m = self._criterion.radius_m + self._max_speed_m_s * age_s
        near = [
            hypotheses.rows_within(*region)
            for tracker in trackers
            for region in tracker.regions(reach_m)
        ]
        near = [rows[np.argsort(-self._scores(rows, query))] for rows in near]
        return trackers, reach_m, _interleave(near)

    def _scores(self, rows: IntArray, query: Query) -> NDArray[np.float32]:
        return query.similarities(self._stored[rows], np.float32)


def _interleave(lists: list[IntArray]) -> IntArray:
    """Merge lists of rows: the first of each, then the second of each; each row once."""
    merged = [row for rank in zip_longest(*(rows.tolist() for rows in lists)) for row in rank]
    return np.array(list(dict.fromkeys(row for row in merged if row is not None)), np.int64)
