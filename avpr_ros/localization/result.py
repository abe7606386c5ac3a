# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The result of matching: candidates, a decision with its reason, a pose."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from avpr_ros.arrays import FloatArray
from avpr_ros.poses import Pose


class Reason(str, Enum):
    """Why a candidate or a query was accepted or not."""

    ACCEPTED = 'accepted'
    LOW_SIMILARITY = 'low_similarity'
    LOW_PROBABILITY = 'low_probability'
    SCORES_UNINFORMATIVE = 'scores_uninformative'
    OUT_OF_MAP = 'out_of_map'
    AMBIGUOUS = 'ambiguous'
    TEMPORAL_INCONSISTENCY = 'temporal_inconsistency'
    ODOMETRY_INCONSISTENCY = 'odometry_inconsistency'
    GEOMETRIC_VERIFICATION = 'geometric_verification'
    CAMERA_DISAGREEMENT = 'camera_disagreement'
    COOL_DOWN = 'cool_down'
    LOWER_RANK = 'lower_rank'
    NO_CANDIDATE = 'no_candidate'
    BAD_DESCRIPTOR = 'bad_descriptor'
    NOTHING_VISIBLE = 'nothing_visible'
    NOT_CALIBRATED = 'not_calibrated'


@dataclass(frozen=True)
class Candidate:
    """One candidate place, by its most similar keyframe.

    Attributes:
        rank: 0 for the best.
        row: row in the map.
        keyframe_id: the keyframe's id.
        similarity: inner product of query and keyframe descriptors, standardised where the matcher
            standardises them.
        ratio: similarity over that of the best other place; 0 where there is none.
        probability: that this place is the right one, by the calibration; None without one.
        map_from_base: the base's pose if this candidate were right.
        reason: ``ACCEPTED``, or why not.
        text: the reason in words, with the figures behind it.
    """

    rank: int
    row: int
    keyframe_id: int
    similarity: float
    ratio: float
    probability: float | None
    map_from_base: Pose
    reason: Reason
    text: str


@dataclass(frozen=True)
class PoseEstimate:
    """Pose of the base in the map.

    Attributes:
        map_from_base: the pose.
        covariance: (6, 6) float64, positive definite; x y z in square metres and rotations about
            the fixed axes of the map frame in square radians (REP-103).
        metric: whether the pose was measured by landmarks; else it is that of the matched
            keyframe, or with odometry fused over earlier matches, and the covariance, diagonal, is
            that of a keyframe's pose.
    """

    map_from_base: Pose
    covariance: FloatArray
    metric: bool = False


@dataclass(frozen=True)
class MatchResult:
    """The result for one query image.

    Attributes:
        stamp_ns: the image's stamp.
        camera: the camera's name.
        candidates: best first, which with the Bayes filter is the filter's keyframe; empty
            where there was no search.
        estimate: the pose, only when accepted.
        reason: the decision.
        text: the decision in words.
        moved_images: how many of the last images contradict the place before: the robot was
            probably moved and is not localised again yet; 0 where they do not.
        log_odds: of the base being at the first candidate, by the sequence of images; None
            where images are matched one by one.
    """

    stamp_ns: int
    camera: str
    candidates: tuple[Candidate, ...]
    estimate: PoseEstimate | None
    reason: Reason
    text: str
    log_odds: float | None = None
    moved_images: int = 0

    @property
    def accepted(self) -> bool:
        """Whether there is a pose."""
        return self.estimate is not None

    @property
    def pose(self) -> Pose | None:
        """The base in the map frame, ``map_from_base``; None unless accepted."""
        return None if self.estimate is None else self.estimate.map_from_base

    @property
    def score(self) -> float:
        """How sure the first candidate is: log odds where known, else similarity; -inf: none."""
        if not self.candidates:
            return float('-inf')
        return self.candidates[0].similarity if self.log_odds is None else self.log_odds
