# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The decision on one query: retrieval, geometric verification, checks, pose."""

from __future__ import annotations

import numpy as np

from avpr_ros.arrays import Descriptors, RgbImage
from avpr_ros.gallery.calibration import Calibration
from avpr_ros.gallery.gallery import Gallery
from avpr_ros.gallery.local_features.features import Features
from avpr_ros.gallery.places import (
    PlaceCriterion,
    default_distinct_radius_m,
    keyframe_spacing_m,
)
from avpr_ros.localization.candidates import describe_candidates
from avpr_ros.localization.checks.check import Check, MatchHypothesis
from avpr_ros.localization.checks.check_list import HistoryChecks, ScoreChecks
from avpr_ros.localization.geometry.geometric_verifier import GeometricVerifier
from avpr_ros.localization.pose_estimation import estimate_pose
from avpr_ros.localization.pose_hypotheses import PoseHypotheses
from avpr_ros.localization.query import Query
from avpr_ros.localization.result import MatchResult, PoseEstimate, Reason
from avpr_ros.localization.retrieval import retrieve
from avpr_ros.localization.settings import MatchSettings
from avpr_ros.localization.standardization import DescriptorStandardizer
from avpr_ros.localization.temporal.sequence_check import SequenceCheck, SequenceVerdict
from avpr_ros.poses import Pose
from avpr_ros.profiling import timed_stage
from avpr_ros.sources.frame import CameraIntrinsics


class Matcher:
    """Matches descriptors against one map; bad numbers are rejected, never raised."""

    def __init__(
        self,
        gallery: Gallery,
        calibration: Calibration | None,
        settings: MatchSettings | None = None,
    ) -> None:
        """Prepare a map for matching.

        Args:
            gallery: the map.
            calibration: the query network's; without it, and without ``min_similarity`` in the
                settings, nothing is accepted; the Bayes filter needs neither.
            settings: of the decision.
        """
        self._gallery = gallery
        self._settings = settings or MatchSettings()
        self._spacing_m = keyframe_spacing_m(gallery)
        self._rotation_step_rad = gallery.manifest.keyframe_spacing.rotation_rad
        radius_m = self._settings.distinct_radius_m
        self.distinct_radius_m = radius_m or default_distinct_radius_m(gallery)
        self._criterion = PlaceCriterion(self.distinct_radius_m, self._settings.distinct_angle_rad)
        self._history_checks = HistoryChecks.from_settings(
            self._settings, self.distinct_radius_m, self._spacing_m, self._rotation_step_rad
        )
        self._hypotheses: dict[str, tuple[int, Pose | None, PoseHypotheses]] = {}
        # The Bayes filter chooses the keyframe itself and verifies no local features.
        self._sequence: SequenceCheck | None = None
        self._geometry: GeometricVerifier | None = None
        if self._settings.temporal_filter == 'bayes':
            self._sequence = SequenceCheck(gallery, self._settings, self.distinct_radius_m)
        else:
            self._geometry = GeometricVerifier.for_map(
                gallery, self._settings, self.distinct_radius_m
            )
        # Local features verify the raw order of the candidates, which their thresholds are from.
        standardize = self._settings.standardize_descriptors and self._geometry is None
        self._standardizer = DescriptorStandardizer.for_matcher(gallery, calibration, standardize)
        if calibration is not None:
            calibration = calibration.in_use(standardize)
        self._score = None if calibration is None else calibration.score
        self._score_checks = ScoreChecks.from_settings(calibration, self._settings)

    @property
    def needs_image(self) -> bool:
        """Whether queries should carry their images, for landmarks or the Bayes filter."""
        filtered = self._sequence
        return self.uses_local_features if filtered is None else filtered.needs_image

    @property
    def uses_local_features(self) -> bool:
        """Whether local features of the images are verified against landmarks of the map."""
        return self._geometry is not None

    @property
    def working_px(self) -> int:
        """Longer side of an image that local features need at most; 0 where none are used."""
        return 0 if self._geometry is None else self._geometry.working_px

    def extract(
        self, image: RgbImage, camera: str, intrinsics: CameraIntrinsics | None
    ) -> tuple[Features, ...]:
        """Return the local features that ``match`` needs; see ``GeometricVerifier.extract``."""
        geometry = self._geometry
        return () if geometry is None else geometry.extract(image, camera, intrinsics)

    @property
    def calibration_warning(self) -> str | None:
        """Why scores alone accept nothing in this map, in one sentence; None where they may."""
        return self._score_checks.calibration_warning(self._geometry is not None)

    @property
    def runtime_warning(self) -> str | None:
        """Warning about the scores of the last images, in one sentence; None without one."""
        check = self._score_checks.out_of_map
        return None if check is None else check.runtime_warning

    def forget(self) -> None:
        """Clear the history, as where time does not go on or images were left out."""
        if self._standardizer is not None:
            self._standardizer.forget()
        if self._sequence is not None:
            self._sequence.forget()
        if self._geometry is not None:
            self._geometry.forget()
        for check in (*self._score_checks, *self._history_checks):
            check.forget()

    def match(self, query: Query) -> MatchResult:
        """Match one query; the result has an estimate only when accepted."""
        if (fault := self._fault(query)) is not None:
            return _rejected(query, *fault)
        if self._standardizer is not None:
            query = self._standardizer.standardize(query)
        hypotheses = self._hypotheses_for(query)
        retrieval = retrieve(
            self._gallery,
            hypotheses,
            query,
            self._settings.top_k,
            self._criterion,
        )
        if retrieval is None:
            text = 'the search found nothing to compare with'
            return _rejected(query, Reason.NO_CANDIDATE, text)
        verdict = None
        if self._sequence is not None:
            verdict = self._sequence.follow(query, hypotheses, retrieval)
            retrieval = verdict.retrieval
        hypothesis = MatchHypothesis(query, retrieval, hypotheses)
        if self._geometry is not None:
            with timed_stage('geometry'):
                hypothesis = self._geometry.verify(hypothesis)
        return self._decide(hypothesis, verdict)

    def _decide(self, hypothesis: MatchHypothesis, verdict: SequenceVerdict | None) -> MatchResult:
        """Decide on a hypothesis, and add it to the history of the checks."""
        query = hypothesis.query
        reason, text = self._rejection(hypothesis, verdict) or (
            Reason.ACCEPTED,
            _acceptance_text(hypothesis, verdict),
        )
        estimate = None
        if reason is Reason.ACCEPTED:
            estimate, rejection = self._estimate(hypothesis)
            if rejection is not None:
                reason, text = Reason.GEOMETRIC_VERIFICATION, rejection
            elif estimate is not None:
                text += '; pose by landmarks' if estimate.metric else '; pose of the keyframe'
        for check in (*self._score_checks, *self._history_checks):
            check.update(hypothesis, reason is Reason.ACCEPTED)
        candidates = describe_candidates(
            hypothesis,
            self._gallery.keyframes.ids,
            self._score,
            reason,
            text,
            self._sequence is not None,
        )
        log_odds = None if verdict is None else verdict.log_odds
        moved = 0 if estimate is not None else self._history_checks.moved_images(hypothesis)
        return MatchResult(
            query.stamp_ns, query.camera, candidates, estimate, reason, text, log_odds, moved
        )

    def _rejection(
        self, hypothesis: MatchHypothesis, verdict: SequenceVerdict | None
    ) -> tuple[Reason, str] | None:
        """Return the first rejection in the order of the checks; None without one."""
        if verdict is not None and verdict.rejection is not None:
            return SequenceCheck.reason, verdict.rejection
        # Where local features were verified, their likelihoods replace the checks of the scores.
        first: list[Check] = list(self._score_checks)
        if self._geometry is not None and hypothesis.verification is not None:
            first = [self._geometry.check]
        for check in (*first, *self._history_checks):
            if (rejection := check.check(hypothesis)) is not None:
                return check.reason, rejection
        return None

    def _estimate(self, hypothesis: MatchHypothesis) -> tuple[PoseEstimate | None, str | None]:
        pairwise = self._history_checks.pairwise
        return estimate_pose(
            hypothesis,
            None if pairwise is None else pairwise.fused_pose(hypothesis),
            self._spacing_m,
            self._rotation_step_rad,
            self._settings,
        )

    def _fault(self, query: Query) -> tuple[Reason, str] | None:
        """Return why a query cannot be matched at all; None where it can."""
        fault = self._descriptor_fault(query.descriptor)
        if fault is not None:
            return Reason.BAD_DESCRIPTOR, fault
        odometry = query.odom_from_base
        if self._settings.use_odometry and odometry is not None and not odometry.finite:
            text = f'odometry is {odometry.as_xyz_quaternion()}, which is not finite'
            return Reason.ODOMETRY_INCONSISTENCY, text
        return None

    def _descriptor_fault(self, descriptor: Descriptors) -> str | None:
        dim = self._gallery.manifest.descriptor_space.dim
        if descriptor.shape != (dim,):
            return f'the query descriptor is of shape {descriptor.shape}, the map needs ({dim},)'
        length = float(np.linalg.norm(descriptor.astype(np.float64)))
        if not abs(length - 1) < 1e-2:
            return f'the query descriptor has length {length:.4g} instead of 1'
        return None

    def _hypotheses_for(self, query: Query) -> PoseHypotheses:
        camera, extrinsics = query.camera, query.base_from_camera
        known = self._hypotheses.get(camera)
        # A session grows, and extrinsics may become known late.
        if known is None or known[0] != len(self._gallery) or known[1] is not extrinsics:
            hypotheses = PoseHypotheses(self._gallery, camera, extrinsics)
            known = self._hypotheses[camera] = len(self._gallery), extrinsics, hypotheses
        return known[2]


def _rejected(query: Query, reason: Reason, text: str) -> MatchResult:
    """Return the result of a query without candidates."""
    return MatchResult(query.stamp_ns, query.camera, (), None, reason, text)


def _acceptance_text(hypothesis: MatchHypothesis, verdict: SequenceVerdict | None) -> str:
    retrieval, verification = hypothesis.retrieval, hypothesis.verification
    similarity = float(retrieval.similarities[0])
    text = f'similarity {similarity:.3f}, best of another place {retrieval.rival_similarity:.3f}'
    if verification is not None:
        text += f'; local-feature log-likelihood ratio {verification.accumulated_llr:.0f}'
        if verification.moved_images:
            text += f'; relocated after {verification.moved_images} images'
    return text if verdict is None else f'{text}; {verdict.text}'
