# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Asks the local features of each image which of the candidate places it shows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from avpr_ros.arrays import FloatArray, IntArray
from avpr_ros.gallery.evidence import (
    clearest,
    clearly_shown,
    most_shown,
    nearest_distances,
    place_evidence,
)
from avpr_ros.gallery.evidence_threshold import CANDIDATES
from avpr_ros.gallery.features import extract_features
from avpr_ros.gallery.landmarks import Landmarks
from avpr_ros.matching.geometry.look import Look
from avpr_ros.matching.hypotheses import PoseHypotheses
from avpr_ros.matching.query import Query
from avpr_ros.matching.retrieval import Retrieval

#: Images older than this say nothing about the present one.
_MAX_AGE_S = 10.0


@dataclass(frozen=True)
class _Last:
    """What the last image of a camera led to."""

    stamp_ns: int
    row: int
    carried: float


class Looks:
    """Follows each camera's evidence from image to image.

    Evidence adds up while images lead near one another: a look-alike is refuted by the next
    corner, a true place is confirmed by it.
    """

    def __init__(
        self,
        landmarks: Landmarks,
        radius_m: float,
        angle_rad: float,
        neighbours_m: float,
        max_speed_m_s: float,
    ) -> None:
        """Set up for a map.

        Args:
            landmarks: of the map.
            radius_m: beyond this distance another place begins.
            angle_rad: beyond this rotation another view begins.
            neighbours_m: within this distance two keyframes are as good as one another.
            max_speed_m_s: of the robot; how far apart the places of two images may lie.
        """
        self._landmarks = landmarks
        self._radius_m = radius_m
        self._angle_rad = angle_rad
        self._neighbours_m = neighbours_m
        self._max_speed_m_s = max_speed_m_s
        self._last: dict[str, _Last] = {}

    def forget(self) -> None:
        """Start all cameras anew."""
        self._last = {}

    def look(self, query: Query, retrieval: Retrieval, hypotheses: PoseHypotheses) -> Look | None:
        """Weigh the candidate places of an image; None without image, features or candidates."""
        if query.image is None:
            return None
        rows = retrieval.found[:CANDIDATES]
        if len(rows) < 2:
            return None
        features = query.features
        if features is None:
            features = extract_features(query.image)
        if not len(features):
            return None
        same = ~hypotheses.all_distinct(rows, self._radius_m, self._angle_rad)
        nearest = nearest_distances(features, self._landmarks, rows)
        evidence = place_evidence(nearest, same)
        best = int(evidence.argmax())
        members = np.flatnonzero(same[best])
        first, dispute_m = members[0], 0.0
        if nearest.size:
            first = members[clearest(nearest[members])]
            dispute_m = self._dispute_m(hypotheses, rows[members], nearest[members])
        row = int(rows[first])
        place = np.concatenate([[row], rows[members[members != first]]])
        carried = self._carry(query, hypotheses, row, float(evidence[best]))
        return Look(features, row, place, dispute_m, float(evidence[best]), carried)

    def _dispute_m(self, hypotheses: PoseHypotheses, rows: IntArray, nearest: FloatArray) -> float:
        """Return how far from the first, most similar row corners put the query, see ``Look``."""
        shown = most_shown(nearest)
        apart_m = np.linalg.norm(hypotheses.offsets_m(int(rows[shown]), rows), axis=1)
        far = np.flatnonzero(apart_m > self._neighbours_m)
        if 0 not in far or clearly_shown(nearest, shown, far):
            return 0.0
        return float(apart_m[0])

    def _carry(self, query: Query, hypotheses: PoseHypotheses, row: int, evidence: float) -> float:
        last = self._last.get(query.camera)
        carried = evidence
        if last is not None:
            age_s = (query.stamp_ns - last.stamp_ns) * 1e-9
            reach_m = self._radius_m + self._max_speed_m_s * age_s
            if (
                0 < age_s <= _MAX_AGE_S
                and np.linalg.norm(hypotheses.offsets_m(last.row, np.array([row]))) <= reach_m
            ):
                carried += max(last.carried, 0.0)
        # Bounded, so that one wrong turn later can still be seen.
        bounded = min(carried, 2 * self._landmarks.min_evidence)
        self._last[query.camera] = _Last(query.stamp_ns, row, bounded)
        return carried
