# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A query descriptor in, a decision out."""

from __future__ import annotations

from typing import TypeVar

import numpy as np

from avpr_ros.arrays import Descriptors
from avpr_ros.gallery.calibration import Calibration
from avpr_ros.gallery.gallery import Gallery
from avpr_ros.gallery.places import default_distinct_radius_m, keyframe_spacing_m
from avpr_ros.localization.checks.check import Check, MatchHypothesis
from avpr_ros.localization.checks.factory import build_checks, build_score_checks
from avpr_ros.localization.checks.pairwise_consistency import PairwiseConsistencyCheck
from avpr_ros.localization.checks.score_level import calibration_warning, runtime_warning
from avpr_ros.localization.checks.temporal_consistency import TemporalConsistencyCheck
from avpr_ros.localization.geometry.geometric_verifier import GeometricVerifier
from avpr_ros.localization.pose_estimation import estimate_pose
from avpr_ros.localization.pose_hypotheses import PoseHypotheses
from avpr_ros.localization.query import Query
from avpr_ros.localization.result import Candidate, MatchResult, Reason
from avpr_ros.localization.retrieval import Retrieval, retrieve
from avpr_ros.localization.settings import MatchSettings
from avpr_ros.localization.temporal.sequence_check import SequenceCheck, SequenceVerdict
from avpr_ros.poses import Pose
from avpr_ros.profiling import timed_stage

Kind = TypeVar('Kind', TemporalConsistencyCheck, PairwiseConsistencyCheck)


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
                settings, nothing is accepted; a sequence filter needs neither.
            settings: how to match.
        """
        self._gallery = gallery
        self._settings = settings or MatchSettings()
        self._spacing_m = keyframe_spacing_m(gallery)
        self._rotation_step_rad = gallery.manifest.keyframe_spacing.rotation_rad
        radius_m = self._settings.distinct_radius_m
        self.distinct_radius_m = (
            default_distinct_radius_m(gallery) if radius_m is None else radius_m
        )
        self._score = None if calibration is None else calibration.score
        self._scores = build_score_checks(calibration, self._settings)
        self._guards = build_checks(
            self._settings,
            self.distinct_radius_m,
            self._spacing_m,
            self._rotation_step_rad,
        )
        self._way = _first(self._guards, PairwiseConsistencyCheck)
        self._agreement = _first(self._guards, TemporalConsistencyCheck)
        self._hypotheses: dict[str, tuple[int, Pose | None, PoseHypotheses]] = {}
        # The filter accepts the keyframe that the images lead to, and looks at no corners.
        self._sequence: SequenceCheck | None = None
        self._geometry: GeometricVerifier | None = None
        if self._settings.temporal_filter == 'bayes':
            self._sequence = SequenceCheck(gallery, self._settings, self.distinct_radius_m)
        else:
            self._geometry = GeometricVerifier.of(gallery, self._settings, self.distinct_radius_m)

    @property
    def needs_image(self) -> bool:
        """Whether queries should carry their images, for landmarks or the sequence filter."""
        filtered = self._sequence
        return self.uses_local_features if filtered is None else filtered.needs_image

    @property
    def uses_local_features(self) -> bool:
        """Whether these images are wanted sharp: the map has landmarks, which are asked."""
        return self._geometry is not None

    @property
    def weakness(self) -> str | None:
        """Why scores alone accept nothing here, in one sentence; None where they may."""
        return calibration_warning(self._scores, self._geometry is not None)

    @property
    def concern(self) -> str | None:
        """What the scores of the last images give cause to tell; None where there is nothing."""
        return runtime_warning(self._scores)

    def forget(self) -> None:
        """Forget the images so far, as where time does not go on or images were left out."""
        if self._sequence is not None:
            self._sequence.forget()
        if self._geometry is not None:
            self._geometry.forget()
        for guard in (*self._scores, *self._guards):
            guard.forget()

    def match(self, query: Query) -> MatchResult:
        """Match one query; the decision has an estimate only when accepted."""
        stamp_ns, camera = query.stamp_ns, query.camera
        fault = self._fault(query.descriptor)
        if fault is not None:
            return MatchResult(stamp_ns, camera, (), None, Reason.BAD_DESCRIPTOR, fault)
        odometry = query.odom_from_base
        if self._settings.use_odometry and odometry is not None and not odometry.finite:
            text = f'odometry is {odometry.as_xyz_quaternion()}, which is not finite'
            return MatchResult(stamp_ns, camera, (), None, Reason.ODOMETRY_INCONSISTENCY, text)
        hypotheses = self._hypotheses_for(query)
        retrieval = retrieve(
            self._gallery.index,
            hypotheses,
            query.descriptor,
            self._settings.top_k,
            self.distinct_radius_m,
            self._settings.distinct_angle_rad,
        )
        if retrieval is None:
            text = 'the search found nothing to compare with'
            return MatchResult(stamp_ns, camera, (), None, Reason.NO_CANDIDATE, text)
        verdict = None
        if self._sequence is not None:
            verdict = self._sequence.follow(query, hypotheses, retrieval)
            retrieval = verdict.retrieval
        case = MatchHypothesis(query, retrieval, hypotheses)
        if self._geometry is not None:
            with timed_stage('geometry'):
                case = self._geometry.look(case)
            retrieval = case.retrieval
        reason, text = self._decide(case, verdict)
        estimate = None
        if reason is Reason.ACCEPTED:
            led = None if self._way is None else self._way.fused_pose(camera)
            estimate, objection = estimate_pose(
                case,
                led,
                self._spacing_m,
                self._rotation_step_rad,
                self._settings,
            )
            if objection is not None:
                reason, text = Reason.GEOMETRIC_VERIFICATION, objection
            elif estimate is not None:
                text += '; pose by landmarks' if estimate.metric else '; pose of the keyframe'
        for guard in self._guards:
            guard.told(case, reason is Reason.ACCEPTED)
        candidates = self._candidates(retrieval, hypotheses, reason, text)
        log_odds = None if verdict is None else verdict.log_odds
        moved = 0 if estimate is not None else self._moved_images(case)
        return MatchResult(stamp_ns, camera, candidates, estimate, reason, text, log_odds, moved)

    def _moved_images(self, case: MatchHypothesis) -> int:
        """Return how many of the last images contradict the place before."""
        if case.look is not None:
            return case.look.moved_images
        return 0 if self._agreement is None else self._agreement.moved_images(case.query.camera)

    def _fault(self, descriptor: Descriptors) -> str | None:
        dim = self._gallery.manifest.descriptor_space.dim
        if descriptor.shape != (dim,):
            return f'the query descriptor is of shape {descriptor.shape}, the map needs ({dim},)'
        length = float(np.linalg.norm(descriptor.astype(np.float64)))
        if not abs(length - 1) < 1e-2:
            return f'the query descriptor has length {length:.4g} instead of 1'
        return None

    def _hypotheses_for(self, query: Query) -> PoseHypotheses:
        camera, mounting = query.camera, query.base_from_camera
        known = self._hypotheses.get(camera)
        # A session grows, and a mounting may become known late.
        if known is None or known[0] != len(self._gallery) or known[1] is not mounting:
            hypotheses = PoseHypotheses(self._gallery, camera, mounting)
            known = self._hypotheses[camera] = len(self._gallery), mounting, hypotheses
        return known[2]

    def _decide(
        self, case: MatchHypothesis, verdict: SequenceVerdict | None
    ) -> tuple[Reason, str]:
        """Ask every guard, and give the first objection in their order."""
        # Asked even where corners decide: these guards remember how the images scored.
        objections = [(guard.reason, guard.objection(case)) for guard in self._scores]
        if self._geometry is not None and case.look is not None:
            objections = [(self._geometry.guard.reason, self._geometry.guard.objection(case))]
        objections += [(guard.reason, guard.objection(case)) for guard in self._guards]
        if verdict is not None:
            objections.insert(0, (SequenceCheck.reason, verdict.objection))
        for reason, objection in objections:
            if objection is not None:
                return reason, objection
        retrieval = case.retrieval
        similarity = float(retrieval.similarities[0])
        text = (
            f'similarity {similarity:.3f}, best of another place {retrieval.rival_similarity:.3f}'
        )
        if case.look is not None:
            text += f'; local-feature log-likelihood ratio {case.look.carried:.0f}'
            if case.look.moved_images:
                text += f'; relocated after {case.look.moved_images} images'
        return Reason.ACCEPTED, text if verdict is None else f'{text}; {verdict.text}'

    def _candidates(
        self, retrieval: Retrieval, hypotheses: PoseHypotheses, reason: Reason, text: str
    ) -> tuple[Candidate, ...]:
        ids, score = self._gallery.keyframes.ids, self._score
        best = float(retrieval.similarities.max())

        def probability(rank: int, similarity: float) -> float | None:
            margin = retrieval.margin if rank == 0 else similarity - best
            return None if score is None else score.probability(similarity, margin)

        passed_over = 'another candidate is more similar'
        if best > float(retrieval.similarities[0]):
            passed_over = 'another candidate has the larger local-feature log-likelihood ratio'
        if self._sequence is not None:
            passed_over = 'the sequence of images leads to another candidate'
        return tuple(
            Candidate(
                rank=rank,
                row=int(row),
                keyframe_id=int(ids[row]),
                similarity=float(similarity),
                ratio=retrieval.ratio(rank),
                probability=probability(rank, float(similarity)),
                map_from_base=hypotheses.pose(int(row)),
                reason=reason if rank == 0 else Reason.LOWER_RANK,
                text=text if rank == 0 else passed_over,
            )
            for rank, (row, similarity) in enumerate(
                zip(retrieval.rows, retrieval.similarities, strict=True)
            )
        )


def _first(guards: tuple[Check, ...], kind: type[Kind]) -> Kind | None:
    """Return the guard of a class; None without one."""
    return next((guard for guard in guards if isinstance(guard, kind)), None)
