# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Which guards stand between a candidate and an accepted match, and in which order."""

from __future__ import annotations

from avpr_ros.gallery.calibration import Calibration
from avpr_ros.localization.checks.ambiguity import AmbiguityCheck
from avpr_ros.localization.checks.camera_consistency import CameraConsistencyCheck
from avpr_ros.localization.checks.check import Check
from avpr_ros.localization.checks.cool_down import CoolDownCheck
from avpr_ros.localization.checks.pairwise_consistency import PairwiseConsistencyCheck
from avpr_ros.localization.checks.probability import ProbabilityCheck
from avpr_ros.localization.checks.score_level import OutOfMapCheck, UninformativeScoresCheck
from avpr_ros.localization.checks.similarity import SimilarityCheck, UncalibratedCheck
from avpr_ros.localization.checks.temporal_consistency import TemporalConsistencyCheck
from avpr_ros.localization.settings import MatchSettings


def build_checks(
    settings: MatchSettings,
    distinct_radius_m: float,
    spacing_m: float,
    rotation_step_rad: float,
) -> tuple[Check, ...]:
    """Return the guards that come after those of the scores, in their order.

    Args:
        settings: what is asked of a match.
        distinct_radius_m: where another place begins.
        spacing_m: distance between the map's keyframes.
        rotation_step_rad: rotation between them.
    """
    guards: list[Check] = []
    if settings.temporal_filter == 'consistency':
        guards.append(TemporalConsistencyCheck(distinct_radius_m, settings.max_speed_m_s))
    if settings.use_odometry:
        guards.append(PairwiseConsistencyCheck(spacing_m, rotation_step_rad))
    guards.append(CameraConsistencyCheck(distinct_radius_m, settings.max_speed_m_s))
    if settings.cool_down_s > 0:
        guards.append(CoolDownCheck(settings.cool_down_s))
    return tuple(guards)


def build_score_checks(
    calibration: Calibration | None, settings: MatchSettings
) -> tuple[Check, ...]:
    """Return what judges a match by its scores alone.

    The sequence filter does without a calibration and decides between look-alikes itself.

    Args:
        calibration: of the query network; without it, and without ``min_similarity``, nothing
            passes.
        settings: what is asked of a match.
    """
    if settings.temporal_filter == 'bayes':
        threshold = settings.min_similarity
        return () if threshold is None else (SimilarityCheck(threshold),)
    return *_scores(calibration, settings), AmbiguityCheck(settings.min_ratio)


def _scores(calibration: Calibration | None, settings: MatchSettings) -> tuple[Check, ...]:
    """Return what judges the scores: a threshold that was given, or what the calibration has."""
    if settings.min_similarity is not None:
        return (SimilarityCheck(settings.min_similarity),)
    if calibration is None:
        return (UncalibratedCheck(),)
    power = calibration.power
    if power is not None and not power.enough:
        return (UninformativeScoresCheck(power),)
    threshold: Check = SimilarityCheck(calibration.min_similarity)
    if calibration.score is not None:
        threshold = ProbabilityCheck(calibration.score, settings.min_probability)
    return (threshold,) if power is None else (threshold, OutOfMapCheck(calibration, power))
