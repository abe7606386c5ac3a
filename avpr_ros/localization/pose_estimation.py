# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The pose of an accepted match: by PnP, fused over earlier images, or the keyframe's."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from avpr_ros.localization.checks.check import MatchHypothesis
from avpr_ros.localization.covariance import match_covariance
from avpr_ros.localization.result import PoseEstimate
from avpr_ros.localization.settings import MatchSettings
from avpr_ros.localization.verification_result import VerificationResult
from avpr_ros.poses import Pose

#: Prior probability that a pose by few inliers is no better than the keyframe's pose: its
#: covariance is that of the mixture.
_OUTLIER_PRIOR = 0.1


def estimate_pose(
    hypothesis: MatchHypothesis,
    fused_pose: Pose | None,
    spacing_m: float,
    rotation_step_rad: float,
    settings: MatchSettings,
) -> tuple[PoseEstimate | None, str | None]:
    """Return the pose with the smallest covariance, or why there is none.

    Args:
        hypothesis: a match that passed.
        fused_pose: ``map_from_base`` fused from this image and earlier ones; None where too few
            are consistent or there is no odometry.
        spacing_m: distance between the map's keyframes.
        rotation_step_rad: rotation between them.
        settings: floors and scales of the covariance.
    """
    verification = hypothesis.verification
    rejection = (
        None
        if verification is None
        else verification.rejection or _keyframe_ambiguity(verification, fused_pose)
    )
    if rejection is not None:
        return None, rejection
    covariance = match_covariance(
        hypothesis.retrieval, hypothesis.hypotheses, spacing_m, rotation_step_rad, settings
    )
    keyframe = PoseEstimate(
        hypothesis.map_from_keyframe if fused_pose is None else fused_pose, covariance
    )
    if verification is None or verification.estimate is None:
        return keyframe, None
    metric = verification.estimate
    if not verification.pose_well_supported:
        metric = replace(metric, covariance=metric.covariance + _OUTLIER_PRIOR * covariance)
    # Inliers in a bad configuration fix the pose less well than the keyframe does.
    better = _variance_m2(metric) <= _variance_m2(keyframe)
    return (metric if better else keyframe), None


def _keyframe_ambiguity(verification: VerificationResult, fused_pose: Pose | None) -> str | None:
    """Return why the place's keyframe is not known; None where it is, or need not be.

    Similarity and inliers err in different ways: similarity by what the whole view has in common,
    inliers by a keyframe that is sharper than the right one. A pose by PnP decides between them,
    and so do earlier images that are consistent with one of them.
    """
    if (
        verification.keyframe_disagreement_m == 0
        or verification.estimate is not None
        or fused_pose is not None
    ):
        return None
    return (
        'the most similar keyframe and the one with most inliers lie '
        f'{verification.keyframe_disagreement_m:.1f} m apart, and neither landmarks nor earlier '
        'images decide between them'
    )


def _variance_m2(estimate: PoseEstimate) -> float:
    """Return the sum of the variances of the position."""
    return float(np.trace(estimate.covariance[:3, :3]))
