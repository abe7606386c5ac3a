# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The landmarks' part in a decision: re-rank the places, judge the best, measure the pose."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from avpr_ros.gallery.gallery import Gallery
from avpr_ros.gallery.landmarks import Landmarks
from avpr_ros.gallery.places import keyframe_spacing_m
from avpr_ros.localization.checks.check import MatchHypothesis
from avpr_ros.localization.geometry.likelihood_check import LikelihoodCheck
from avpr_ros.localization.geometry.metric_pose import MetricPoses
from avpr_ros.localization.geometry.temporal_verification import TemporalVerifier
from avpr_ros.localization.retrieval import distinct_places
from avpr_ros.localization.settings import MatchSettings
from avpr_ros.localization.verification_result import VerificationResult

#: So many landmarks on one pose, and on no other, need neither more evidence nor an image before
#: to agree. Fewer confirm a place, but two or three wrong ones among them would move its pose.
_ENOUGH = 20
#: Keyframe spacings within which two keyframes are neighbours: as good as one another where only
#: a keyframe's pose can be given.
_NEIGHBOURS_SPACINGS = 2.0


class GeometricVerifier:
    """What a map with landmarks adds to a matcher.

    Attributes:
        guard: judges a case that was looked at.
    """

    def __init__(
        self,
        gallery: Gallery,
        landmarks: Landmarks,
        settings: MatchSettings,
        distinct_radius_m: float,
    ) -> None:
        """Set up for a map.

        Args:
            gallery: the map.
            landmarks: its landmarks.
            settings: how to match.
            distinct_radius_m: beyond this distance another place begins.
        """
        self.guard = LikelihoodCheck(landmarks.floor)
        self._settings = settings
        self._radius_m = distinct_radius_m
        self._descriptors = gallery.descriptors
        angle_rad = settings.distinct_angle_rad
        neighbours_m = _NEIGHBOURS_SPACINGS * keyframe_spacing_m(gallery)
        self._looks = TemporalVerifier(
            gallery,
            landmarks,
            distinct_radius_m,
            angle_rad,
            neighbours_m,
            settings.max_speed_m_s,
        )
        self._poses = MetricPoses(gallery, landmarks, settings)

    @classmethod
    def of(
        cls, gallery: Gallery, settings: MatchSettings, distinct_radius_m: float
    ) -> GeometricVerifier | None:
        """Return the geometry of a map; None where it has no landmarks or none are wanted."""
        landmarks = gallery.landmarks() if settings.use_landmarks else None
        if landmarks is None:
            return None
        return cls(gallery, landmarks, settings, distinct_radius_m)

    def forget(self) -> None:
        """Forget the images so far."""
        self._looks.forget()

    def look(self, case: MatchHypothesis) -> MatchHypothesis:
        """Return the case with the place in front that the image's corners speak for.

        Where they say enough, the pose is measured, too.
        """
        look = self._looks.look(case.query, case.retrieval, case.hypotheses)
        if look is None:
            return case
        retrieval = case.retrieval
        if look.row != case.row:
            others = retrieval.rows[retrieval.rows != look.row]
            rows = np.concatenate([look.rows, others[~np.isin(others, look.rows)]])
            scores = self._descriptors[rows].astype(np.float64) @ case.query.descriptor
            retrieval = distinct_places(
                rows,
                scores,
                case.hypotheses,
                self._settings.top_k,
                self._radius_m,
                self._settings.distinct_angle_rad,
            )
        seen = replace(case, retrieval=retrieval, look=look)
        if self.guard.objection(seen) is not None:
            return seen
        return replace(seen, look=self._measured(seen, look))

    def _measured(self, case: MatchHypothesis, look: VerificationResult) -> VerificationResult:
        """Measure the pose of a case whose evidence is enough.

        There is no pose where the place has no points in space or the lens is not known: a
        keyframe's pose stands for the robot's then, if it is known which keyframe's.
        """
        view = self._poses.view(case.query, look)
        told = self.guard.alone(look)
        if view is None:
            return replace(look, alone=told)
        found = self._poses.measure(view, look)
        if found is None:
            text = 'PnP found no pose with enough inliers among the landmarks of the place'
            return replace(look, objection=text)
        if not found.unique:
            return replace(
                look,
                objection=f'PnP found two poses, with {found.inliers} and {found.rival_inliers} '
                'inliers; the second must have less than half as many',
            )
        apart_m = found.estimate.map_from_base.distance_m(case.map_from_keyframe)
        if not apart_m <= self._radius_m:
            text = (
                f'the PnP pose lies {apart_m:.1f} m from the keyframe, at most '
                f'{self._radius_m:.1f} m are possible'
            )
            return replace(look, objection=text)
        firm = found.inliers >= _ENOUGH
        return replace(look, estimate=found.estimate, alone=told or firm, firm=firm)
