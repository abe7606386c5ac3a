# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The checks between a candidate and an accepted match, in their order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from avpr_ros.gallery.calibration import Calibration
from avpr_ros.localization.checks.ambiguity import AmbiguityCheck
from avpr_ros.localization.checks.camera_consistency import CameraConsistencyCheck
from avpr_ros.localization.checks.check import Check, MatchHypothesis
from avpr_ros.localization.checks.cool_down import CoolDownCheck
from avpr_ros.localization.checks.pairwise_consistency import PairwiseConsistencyCheck
from avpr_ros.localization.checks.probability import ProbabilityCheck
from avpr_ros.localization.checks.score_level import OutOfMapCheck, UninformativeScoresCheck
from avpr_ros.localization.checks.similarity import SimilarityCheck, UncalibratedCheck
from avpr_ros.localization.checks.temporal_consistency import TemporalConsistencyCheck
from avpr_ros.localization.settings import MatchSettings


@dataclass(frozen=True)
class ScoreChecks:
    """Checks of a match by its similarities alone, in their order.

    Attributes:
        uninformative: rejects everything where scores do not separate places.
        threshold: on similarity or probability.
        out_of_map: over the last images.
        ambiguity: against the best other place.
    """

    uninformative: UninformativeScoresCheck | None = None
    threshold: Check | None = None
    out_of_map: OutOfMapCheck | None = None
    ambiguity: AmbiguityCheck | None = None

    @classmethod
    def from_settings(
        cls, calibration: Calibration | None, settings: MatchSettings
    ) -> ScoreChecks:
        """Choose the checks for a query network.

        The Bayes filter needs no calibration and decides between look-alikes itself.

        Args:
            calibration: of the query network; without it, and without ``min_similarity``, nothing
                passes.
            settings: of the matcher.
        """
        given = settings.min_similarity
        threshold = None if given is None else SimilarityCheck(given)
        if settings.temporal_filter == 'bayes':
            return cls(threshold=threshold)
        ambiguity = AmbiguityCheck(settings.min_ratio)
        if threshold is not None:
            return cls(threshold=threshold, ambiguity=ambiguity)
        if calibration is None:
            return cls(threshold=UncalibratedCheck(), ambiguity=ambiguity)
        power, score = calibration.power, calibration.score
        if power is not None and not power.enough:
            return cls(uninformative=UninformativeScoresCheck(power), ambiguity=ambiguity)
        return cls(
            threshold=SimilarityCheck(calibration.min_similarity)
            if score is None
            else ProbabilityCheck(score, settings.min_probability),
            out_of_map=None if power is None else OutOfMapCheck(calibration, power),
            ambiguity=ambiguity,
        )

    def __iter__(self) -> Iterator[Check]:
        """Iterate over those that there are."""
        checks = self.uninformative, self.threshold, self.out_of_map, self.ambiguity
        return (check for check in checks if check is not None)

    def calibration_warning(self, landmarks: bool) -> str | None:
        """Return why scores alone accept nothing, in one sentence; None where they may.

        Args:
            landmarks: whether the map has landmarks, and they are used.
        """
        if self.uninformative is None:
            return None
        power = self.uninformative.power
        if landmarks:
            return f'only landmarks accept a match in this map, as {power}'
        return (
            f'no match is accepted in this map, as {power}; build it with landmarks, set '
            "temporal_filter to 'bayes', or add drives and train again"
        )


@dataclass(frozen=True)
class HistoryChecks:
    """Checks of a match against earlier images and other cameras, in their order.

    Attributes:
        temporal: against the last images; None unless ``temporal_filter`` is 'consistency'.
        pairwise: against odometry; None where odometry is not used.
        cameras: against the other cameras.
        cool_down: against the last accepted match; None where ``cool_down_s`` is 0.
    """

    temporal: TemporalConsistencyCheck | None
    pairwise: PairwiseConsistencyCheck | None
    cameras: CameraConsistencyCheck
    cool_down: CoolDownCheck | None

    @classmethod
    def from_settings(
        cls,
        settings: MatchSettings,
        distinct_radius_m: float,
        spacing_m: float,
        rotation_step_rad: float,
    ) -> HistoryChecks:
        """Choose the checks for a map.

        Args:
            settings: of the matcher.
            distinct_radius_m: distance beyond which another place begins.
            spacing_m: distance between the map's keyframes.
            rotation_step_rad: rotation between them.
        """
        temporal = TemporalConsistencyCheck(distinct_radius_m, settings.max_speed_m_s)
        pairwise = PairwiseConsistencyCheck(spacing_m, rotation_step_rad)
        return cls(
            temporal if settings.temporal_filter == 'consistency' else None,
            pairwise if settings.use_odometry else None,
            CameraConsistencyCheck(distinct_radius_m, settings.max_speed_m_s),
            CoolDownCheck(settings.cool_down_s) if settings.cool_down_s > 0 else None,
        )

    def __iter__(self) -> Iterator[Check]:
        """Iterate over those that there are."""
        checks = self.temporal, self.pairwise, self.cameras, self.cool_down
        return (check for check in checks if check is not None)

    def moved_images(self, hypothesis: MatchHypothesis) -> int:
        """Return how many of the last images contradict the place before; 0: none."""
        if hypothesis.verification is not None:
            return hypothesis.verification.moved_images
        return 0 if self.temporal is None else self.temporal.moved_images(hypothesis.query.camera)
