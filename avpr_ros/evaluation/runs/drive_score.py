# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""How well a drive was localised, where its true poses are known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from avpr_ros.arrays import FloatArray, IntArray
from avpr_ros.evaluation.metrics.positives import positives_within
from avpr_ros.evaluation.metrics.precision_recall import precision_recall
from avpr_ros.evaluation.metrics.recall import recall_at
from avpr_ros.gallery.keyframes import Keyframes
from avpr_ros.localization.result import MatchResult
from avpr_ros.poses import Pose


@dataclass(frozen=True, eq=False)
class DriveScore:
    """Figures of one drive; a candidate within the radius of the truth is right.

    Attributes:
        queries: images whose true pose is known.
        covered: queries with a keyframe within the radius.
        recall: recall@N by N over the covered queries; others are left out.
        recall_at_100_precision: of the best candidates, accepted by their score alone.
        recall_at_99_precision: the same with one wrong one in a hundred.
        errors_m: (accepted,) distances between accepted poses and the truth.
        errors_rad: (accepted,) rotations between accepted poses and the truth.
        wrong_accepted: accepted poses further off than the radius.
    """

    queries: int
    covered: int
    recall: dict[int, float]
    recall_at_100_precision: float
    recall_at_99_precision: float
    errors_m: FloatArray
    errors_rad: FloatArray
    wrong_accepted: int


class DriveScorer:
    """Collects results and scores them against the truth."""

    def __init__(self, truth: dict[int, Pose], keyframes: Keyframes, radius_m: float) -> None:
        """Prepare.

        Args:
            truth: true ``map_from_base`` by stamp in nanoseconds.
            keyframes: of the map.
            radius_m: a keyframe at most this far from the truth is right.
        """
        self._truth = truth
        self._keyframes = keyframes
        self._radius_m = radius_m
        self._positions_m: list[FloatArray] = []
        self._rows: list[IntArray] = []
        self._scores: list[float] = []
        self._errors: list[tuple[float, float]] = []

    def add(self, result: MatchResult) -> None:
        """Take one result; it is passed over where the truth is not known."""
        true = self._truth.get(result.stamp_ns)
        if true is None:
            return
        candidates = result.candidates
        self._positions_m.append(true.translation_m)
        self._rows.append(np.array([candidate.row for candidate in candidates], dtype=np.int64))
        self._scores.append(result.score)
        if result.estimate is not None:
            pose = result.estimate.map_from_base
            self._errors.append((pose.distance_m(true), pose.angle_rad(true)))

    def score(self) -> DriveScore:
        """Return the figures of all results so far."""
        positives = positives_within(
            np.array(self._positions_m).reshape(-1, 3),
            self._keyframes.poses[:, :3],
            self._radius_m,
        )
        covered = np.array([bool(rows) for rows in positives], dtype=bool)
        errors = np.array(self._errors, dtype=np.float64).reshape(-1, 2)
        recall: dict[int, float] = {}
        at_100_precision, at_99_precision = 0.0, 0.0
        if covered.any():
            recall = {n: recall_at(self._rows, positives, n, 'left_out') for n in (1, 5, 10)}
            right = [
                bool(len(rows)) and int(rows[0]) in good
                for rows, good in zip(self._rows, positives, strict=True)
            ]
            curve = precision_recall(np.array(self._scores), np.array(right, dtype=bool), covered)
            at_100_precision = curve.recall_at_precision(1.0)
            at_99_precision = curve.recall_at_precision(0.99)
        return DriveScore(
            queries=len(positives),
            covered=int(covered.sum()),
            recall=recall,
            recall_at_100_precision=at_100_precision,
            recall_at_99_precision=at_99_precision,
            errors_m=errors[:, 0],
            errors_rad=errors[:, 1],
            wrong_accepted=int((errors[:, 0] > self._radius_m).sum()),
        )
