# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Geometric verification: re-rank the places by local features, estimate the pose of the best."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from avpr_ros.arrays import RgbImage
from avpr_ros.gallery.gallery import Gallery
from avpr_ros.gallery.local_features.features import Features
from avpr_ros.gallery.local_features.landmarks import Landmarks
from avpr_ros.gallery.places import PlaceCriterion, keyframe_spacing_m
from avpr_ros.localization.checks.check import MatchHypothesis
from avpr_ros.localization.geometry.likelihood_check import LikelihoodCheck
from avpr_ros.localization.geometry.metric_pose import MetricPose, MetricPoses, View
from avpr_ros.localization.geometry.picture_check import PictureCheck
from avpr_ros.localization.geometry.query_features import QueryFeatures
from avpr_ros.localization.geometry.temporal_verification import TemporalVerifier
from avpr_ros.localization.geometry.tilt import TiltCheck
from avpr_ros.localization.retrieval import distinct_places
from avpr_ros.localization.settings import MatchSettings
from avpr_ros.localization.verification_result import VerificationResult
from avpr_ros.sources.frame import CameraIntrinsics
from avpr_ros.verification.extractors import open_extractors

#: PnP inliers of a single image that suffice for a pose, without earlier images and whatever their
#: log-likelihood ratio. With fewer, two or three outliers among them would move the pose.
_MIN_PNP_INLIERS = 20
#: Keyframe spacings within which two keyframes are neighbours: where only a keyframe's pose can be
#: given, either is within its covariance.
_NEIGHBOURS_SPACINGS = 2.0


class GeometricVerifier:
    """Verifies hypotheses against the landmarks of a map.

    Attributes:
        check: rejects verified hypotheses below the map's false-positive floor.
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
            settings: of the matcher.
            distinct_radius_m: beyond this distance another place begins.
        """
        self.check = LikelihoodCheck(landmarks.floor)
        self._settings = settings
        self._radius_m = distinct_radius_m
        self._descriptors = gallery.descriptors
        self._criterion = PlaceCriterion(distinct_radius_m, settings.distinct_angle_rad)
        neighbours_m = _NEIGHBOURS_SPACINGS * keyframe_spacing_m(gallery)
        extractors = open_extractors(gallery, landmarks)
        self._features = QueryFeatures(gallery.manifest.cameras, extractors)
        self._temporal = TemporalVerifier(
            gallery,
            landmarks,
            self._features,
            self._criterion,
            neighbours_m,
            settings.max_speed_m_s,
        )
        self._poses = MetricPoses(gallery, landmarks, settings)
        self._tilt = TiltCheck(gallery.keyframes.poses)
        self._picture = PictureCheck(landmarks, self._features)

    @classmethod
    def for_map(
        cls, gallery: Gallery, settings: MatchSettings, distinct_radius_m: float
    ) -> GeometricVerifier | None:
        """Return the verifier of a map; None without landmarks, or where they are not used."""
        landmarks = gallery.landmarks() if settings.use_landmarks else None
        if landmarks is None:
            return None
        return cls(gallery, landmarks, settings, distinct_radius_m)

    @property
    def working_px(self) -> int:
        """Longer side that images are scaled down to, at most, before features are extracted."""
        return self._features.working_px

    def extract(
        self, image: RgbImage, camera: str, intrinsics: CameraIntrinsics | None
    ) -> tuple[Features, ...]:
        """Return the features of the first kind; others are extracted where they are needed.

        Args:
            image: (H, W, 3) uint8.
            camera: name of the camera that took it.
            intrinsics: of that camera; None where those of the map stand in.
        """
        return self._features.extract(image, self._features.field(camera, intrinsics), last=1)

    def forget(self) -> None:
        """Clear the history of all cameras."""
        self._temporal.forget()
        self._picture.forget()

    def verify(self, hypothesis: MatchHypothesis) -> MatchHypothesis:
        """Return the hypothesis of the place with the largest log-likelihood ratio.

        Where that exceeds the false-positive floor, the pose is estimated, too.
        """
        verification = self._temporal.verify(
            hypothesis.query, hypothesis.retrieval, hypothesis.hypotheses
        )
        if verification is None:
            return hypothesis
        retrieval = hypothesis.retrieval
        if verification.row != hypothesis.row:
            others = retrieval.rows[retrieval.rows != verification.row]
            rows = np.concatenate([verification.rows, others[~np.isin(others, verification.rows)]])
            scores = hypothesis.query.similarities(self._descriptors[rows])
            retrieval = distinct_places(
                rows,
                scores,
                hypothesis.hypotheses,
                self._settings.top_k,
                self._criterion,
            )
        verified = replace(hypothesis, retrieval=retrieval, verification=verification)
        if self.check.check(verified) is not None:
            return verified
        return replace(verified, verification=self._with_pose(verified, verification))

    def _with_pose(
        self, hypothesis: MatchHypothesis, verification: VerificationResult
    ) -> VerificationResult:
        """Estimate the pose of a hypothesis above the false-positive floor.

        Without points in space, or without a camera model, there is none: the pose of the keyframe
        is published then, if it is known which keyframe.
        """
        query = hypothesis.query
        field = self._features.field(query.camera, query.intrinsics)
        view = self._poses.view(query, verification, field)
        self_sufficient = self.check.self_sufficient(verification)
        if view is None:
            # The keyframe's pose would have the camera upright.
            turned = self._poses.turned(query)
            return replace(verification, self_sufficient=self_sufficient, rejection=turned)
        verification, found = self._measured(query.image, field, verification, view)
        if found is None:
            text = 'PnP found no pose with enough inliers among the landmarks of the place'
            return replace(verification, rejection=text)
        if not found.unique:
            return replace(
                verification,
                rejection=f'PnP found two poses, with {found.inliers} and {found.rival_inliers} '
                'inliers; the second must have less than half as many, and less support of the '
                'landmarks near their projections',
            )
        apart_m = found.estimate.map_from_base.distance_m(hypothesis.map_from_keyframe)
        if not apart_m <= self._radius_m:
            text = (
                f'the PnP pose lies {apart_m:.1f} m from the keyframe, at most '
                f'{self._radius_m:.1f} m are possible'
            )
            return replace(verification, rejection=text)
        if (tilted := self._tilt.rejection(found.estimate.map_from_base)) is not None:
            return replace(verification, rejection=tilted)
        pose_well_supported = found.inliers >= _MIN_PNP_INLIERS
        intrinsics = self._poses.intrinsics(query)
        other = None
        if intrinsics is not None:
            other = self._picture.part_of_picture(query, intrinsics, verification, found.inliers)
            if other is None:
                of_map = self._poses.intrinsics_of_map(query)
                other = self._picture.camera_of_map(query, of_map, verification, found.inliers)
            if other is None:
                other = self._picture.mirrored(query, intrinsics, verification, found.inliers)
        if other is not None:
            return replace(verification, rejection=other)
        return replace(
            verification,
            estimate=found.estimate,
            self_sufficient=self_sufficient or pose_well_supported,
            pose_well_supported=pose_well_supported,
        )

    def _measured(
        self,
        image: RgbImage | None,
        field: float,
        verification: VerificationResult,
        view: View,
    ) -> tuple[VerificationResult, MetricPose | None]:
        """Estimate the pose by the features that verified the place, or by all kinds.

        Places along a track are recognised by less than a pose needs: at night by features of the
        first kind, of which too few lie where a landmark is.

        Returns:
            The verification with the features that the pose is of, and the pose.
        """
        found = self._poses.measure(view, verification)
        enough = found is not None and found.unique and found.inliers >= _MIN_PNP_INLIERS
        compared = len(verification.features)
        if enough or compared == len(self._features) or image is None:
            return verification, found
        further = self._features.extract(image, field, compared)
        with_all = replace(verification, features=(*verification.features, *further))
        by_all = self._poses.measure(view, with_all)
        if by_all is None or (found is not None and found.inliers >= by_all.inliers):
            return verification, found
        return with_all, by_all
