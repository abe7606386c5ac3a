# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The pose of a match that passed: by landmarks, by the images of the way, or the keyframe's."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from avpr_ros.localization.checks.check import MatchHypothesis
from avpr_ros.localization.covariance import match_covariance
from avpr_ros.localization.result import PoseEstimate
from avpr_ros.localization.settings import MatchSettings
from avpr_ros.localization.verification_result import VerificationResult
from avpr_ros.poses import Pose

#: Part of the poses by few landmarks that is taken to be no better than the keyframe's pose: the
#: covariance is that of the mixture.
_DOUBT = 0.1


def estimate_pose(
    case: MatchHypothesis,
    led: Pose | None,
    spacing_m: float,
    rotation_step_rad: float,
    settings: MatchSettings,
) -> tuple[PoseEstimate | None, str | None]:
    """Return the best pose that there is, or why there is none after all.

    Args:
        case: a match that passed.
        led: ``map_from_base`` where this image and those of the way put it together; None where
            too few agree or there is no odometry.
        spacing_m: distance between the map's keyframes.
        rotation_step_rad: rotation between them.
        settings: floors and scales of the covariance.
    """
    look = case.look
    objection = None if look is None else look.objection or _torn(look, led)
    if objection is not None:
        return None, objection
    covariance = match_covariance(
        case.retrieval, case.hypotheses, spacing_m, rotation_step_rad, settings
    )
    keyframe = PoseEstimate(case.map_from_keyframe if led is None else led, covariance)
    if look is None or look.estimate is None:
        return keyframe, None
    metric = look.estimate
    if not look.firm:
        metric = replace(metric, covariance=metric.covariance + _DOUBT * covariance)
    # Landmarks that fix the pose less well than the keyframe does are of no use.
    better = _variance_m2(metric) <= _variance_m2(keyframe)
    return (metric if better else keyframe), None


def _torn(look: VerificationResult, led: Pose | None) -> str | None:
    """Return why the place's keyframe is not known; None where it is, or need not be.

    Similarity and corners err in different ways: similarity by what the whole view has in common,
    corners by a keyframe that is sharper than the right one. Landmarks tell, and so do images of
    the way that agree.
    """
    if look.keyframe_disagreement_m == 0 or look.estimate is not None or led is not None:
        return None
    return (
        'the most similar keyframe and the one with most inliers lie '
        f'{look.keyframe_disagreement_m:.1f} m apart, and neither landmarks nor earlier images '
        'decide between them'
    )


def _variance_m2(estimate: PoseEstimate) -> float:
    """Return the sum of the variances of the position."""
    return float(np.trace(estimate.covariance[:3, :3]))
