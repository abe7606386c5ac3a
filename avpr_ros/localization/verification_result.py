# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The result of geometric verification of one image."""

from __future__ import annotations

from dataclasses import dataclass

from avpr_ros.arrays import IntArray
from avpr_ros.gallery.local_features.false_positive_floor import FalsePositiveFloor
from avpr_ros.gallery.local_features.features import Features
from avpr_ros.localization.result import PoseEstimate


@dataclass(frozen=True, eq=False)
class VerificationResult:
    """The place with the largest log-likelihood ratio.

    Attributes:
        features: of the image, of each kind.
        row: keyframe of that place which is most similar to the image, or has significantly more
            inliers.
        rows: (n,) all candidate keyframes of the place, ``row`` first.
        keyframe_disagreement_m: distance between the most similar keyframe and the one with most
            inliers; 0 where they are neighbours, or where the inliers differ significantly.
        llr: log-likelihood ratio of the place, in nats, of this image alone.
        accumulated_llr: sum over the track with this image, in nats above the background.
        moved_images: how many of the last images contradict the confirmed track, see
            ``TrackedPlace``; 0 while they agree.
        relocated_ns: stamp of the first image of the place's track, where that track replaced a
            confirmed one: what matched before it was elsewhere. None where it did not.
        estimate: pose by PnP on the landmarks of the place; None where there is none.
        rejection: why the place is rejected by its pose; None where it is not.
        self_sufficient: whether this image is accepted without others, by its own log-likelihood
            ratio or by the number of PnP inliers, whether or not odometry is consistent with it.
        pose_well_supported: whether the PnP inliers are too many for a wrong pose.
        floor: thresholds that both ratios are compared with; None: those of the map for all kinds
            of features.
    """

    features: tuple[Features, ...]
    row: int
    rows: IntArray
    keyframe_disagreement_m: float
    llr: float
    accumulated_llr: float
    moved_images: int = 0
    relocated_ns: int | None = None
    estimate: PoseEstimate | None = None
    rejection: str | None = None
    self_sufficient: bool = False
    pose_well_supported: bool = False
    floor: FalsePositiveFloor | None = None
