# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Leave-one-out queries: keyframes matched with the rest of their map, as the matcher does."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import Descriptors, FloatArray, IntArray
from avpr_ros.gallery.keyframes import Keyframes
from avpr_ros.gallery.local_features.landmarks import Landmarks
from avpr_ros.gallery.places import PlaceCriterion, unit_pose_rows
from avpr_ros.verification.accumulator import LikelihoodAccumulator, merge_candidates
from avpr_ros.verification.place_likelihood import PlaceLikelihoods, place_log_likelihood_ratios


@dataclass(frozen=True, eq=False)
class LeaveOneOutResult:
    """Candidates of one keyframe that was matched against a part of the map.

    Attributes:
        rows: (n,) candidate rows, two at least.
        positions_m: (n, 3) of these.
        same_place: (n, n) whether two candidates show one place.
        likelihoods: log-likelihood ratios of the candidates.
    """

    rows: IntArray
    positions_m: FloatArray
    same_place: NDArray[np.bool_]
    likelihoods: PlaceLikelihoods

    @property
    def best(self) -> int:
        """Number of the candidate whose place has the largest log-likelihood ratio."""
        return int(self.likelihoods.llr_place.argmax())

    @property
    def llr(self) -> float:
        """Log-likelihood ratio of that place, in nats."""
        return float(self.likelihoods.llr_place[self.best])

    @property
    def keyframe_row(self) -> int:
        """Row of that place's best keyframe."""
        members = np.flatnonzero(self.same_place[self.best])
        return int(self.rows[self.likelihoods.best_keyframe(members)])


class LeaveOneOutMatcher:
    """Retrieves and verifies keyframes in the rest of their map, as the matcher does an image.

    Retrieval is exhaustive, by inner product; candidates are merged with those in reach of the
    last match, and verified by the log-likelihood ratio of their places.
    """

    def __init__(
        self,
        landmarks: Landmarks,
        descriptors: Descriptors | NDArray[np.float16],
        keyframes: Keyframes,
        criterion: PlaceCriterion,
    ) -> None:
        """Prepare a map.

        Args:
            landmarks: of the map's N keyframes.
            descriptors: (N, d) unit rows.
            keyframes: the N rows.
            criterion: by which two candidates show distinct places.
        """
        self.poses = unit_pose_rows(keyframes.poses)
        self._landmarks = landmarks
        self._layers = landmarks.recognition_layers
        self._stored = np.asarray(descriptors, dtype=np.float32)
        self._criterion = criterion

    def __len__(self) -> int:
        return len(self.poses)

    def match(
        self,
        row: int,
        allowed: NDArray[np.bool_],
        track: LikelihoodAccumulator | None = None,
        reach_m: float = 0.0,
    ) -> LeaveOneOutResult | None:
        """Match one keyframe against the rows of a mask.

        Args:
            row: the keyframe that serves as query.
            allowed: (N,) rows of the map that it may be matched with.
            track: of the images before; None where it is the first.
            reach_m: largest distance of an additional candidate from the track's last place.

        Returns:
            None with fewer than two candidates.
        """
        scores = np.where(allowed, self._stored @ self._stored[row], -np.inf)
        order = np.argsort(-scores, kind='stable')[: int(allowed.sum())]
        near = order[:0]
        if track is not None:
            near = order[track.near(self.poses[order, :3], reach_m)]
        rows = merge_candidates(order, near)
        if len(rows) < 2:
            return None
        same_place = ~self._criterion.all_distinct(self.poses[rows])
        likelihoods = place_log_likelihood_ratios(
            self._landmarks.features(row), self._layers, rows, same_place
        )
        return LeaveOneOutResult(rows, self.poses[rows, :3], same_place, likelihoods)


def best_and_rival(
    similarities: FloatArray, poses: FloatArray, criterion: PlaceCriterion
) -> tuple[int, float]:
    """Return the most similar row, and the largest similarity of a place distinct from it.

    Args:
        similarities: (N,) of one query; -inf for rows that are left out.
        poses: (N, 7) with unit quaternions.
        criterion: by which two rows show distinct places.

    Returns:
        Row, and similarity of the rival; -inf where there is none.
    """
    best = int(similarities.argmax())
    rivals = similarities[criterion.distinct(poses[best], poses)]
    return best, float(rivals.max(initial=-np.inf))
