# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Which guards stand between a candidate and an accepted match, and in which order."""

from __future__ import annotations

from avpr_ros.gallery.calibration import Calibration
from avpr_ros.localization.checks.ambiguity import AmbiguityGuard
from avpr_ros.localization.checks.camera_consistency import VoteGuard
from avpr_ros.localization.checks.check import Guard
from avpr_ros.localization.checks.cool_down import CoolDownGuard
from avpr_ros.localization.checks.pairwise_consistency import ConsistencyGuard
from avpr_ros.localization.checks.probability import ProbabilityGuard
from avpr_ros.localization.checks.score_level import ScoreLevelGuard, WeakScoresGuard
from avpr_ros.localization.checks.similarity import SimilarityGuard, UncalibratedGuard
from avpr_ros.localization.checks.temporal_consistency import AgreementGuard
from avpr_ros.localization.settings import MatchSettings


def guards_for(
    settings: MatchSettings,
    distinct_radius_m: float,
    spacing_m: float,
    rotation_step_rad: float,
) -> tuple[Guard, ...]:
    """Return the guards that come after those of the scores, in their order.

    Args:
        settings: what is asked of a match.
        distinct_radius_m: where another place begins.
        spacing_m: distance between the map's keyframes.
        rotation_step_rad: rotation between them.
    """
    guards: list[Guard] = []
    if settings.sequence == 'agree':
        guards.append(AgreementGuard(distinct_radius_m, settings.max_speed_m_s))
    if settings.odometry:
        guards.append(ConsistencyGuard(spacing_m, rotation_step_rad))
    guards.append(VoteGuard(distinct_radius_m, settings.max_speed_m_s))
    if settings.cool_down_s > 0:
        guards.append(CoolDownGuard(settings.cool_down_s))
    return tuple(guards)


def score_guards(calibration: Calibration | None, settings: MatchSettings) -> tuple[Guard, ...]:
    """Return what judges a match by its scores alone.

    The sequence filter does without a calibration and decides between look-alikes itself.

    Args:
        calibration: of the query network; without it, and without ``min_similarity``, nothing
            passes.
        settings: what is asked of a match.
    """
    if settings.sequence == 'filter':
        threshold = settings.min_similarity
        return () if threshold is None else (SimilarityGuard(threshold),)
    return *_scores(calibration, settings), AmbiguityGuard(settings.min_ratio)


def _scores(calibration: Calibration | None, settings: MatchSettings) -> tuple[Guard, ...]:
    """Return what judges the scores: a threshold that was given, or what the calibration has."""
    if settings.min_similarity is not None:
        return (SimilarityGuard(settings.min_similarity),)
    if calibration is None:
        return (UncalibratedGuard(),)
    power = calibration.power
    if power is not None and not power.enough:
        return (WeakScoresGuard(power),)
    threshold: Guard = SimilarityGuard(calibration.min_similarity)
    if calibration.score is not None:
        threshold = ProbabilityGuard(calibration.score, settings.min_probability)
    return (threshold,) if power is None else (threshold, ScoreLevelGuard(calibration, power))
