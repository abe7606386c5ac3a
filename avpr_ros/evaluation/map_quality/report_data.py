# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Quality measures of a map, computed once for the terminal and the report."""

from __future__ import annotations

from dataclasses import dataclass

from avpr_ros.evaluation.map_quality.coverage import Coverage, coverage
from avpr_ros.evaluation.map_quality.self_similarity import SelfSimilarity, self_similarity
from avpr_ros.evaluation.map_quality.weak_places import WeakPlaces, weak_places
from avpr_ros.gallery.calibration import Calibration
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.gallery.local_features.landmarks import Landmarks
from avpr_ros.mapping.impostors import ImpostorScores, score_impostors


@dataclass(frozen=True)
class MapQuality:
    """Quality measures of one map.

    Attributes:
        alike: similarity between distinct places.
        weak: leave-one-out verdicts on the keyframes.
        coverage: distance driven, and gaps.
        impostors: false matches of keyframes with what lies out of their sight; None without
            landmarks.
        calibration: of the query network that was named, or of the map; None without either.
    """

    alike: SelfSimilarity
    weak: WeakPlaces
    coverage: Coverage
    impostors: ImpostorScores | None
    calibration: Calibration | None

    @classmethod
    def compute(
        cls,
        gallery: GalleryMap,
        landmarks: Landmarks | None,
        calibration: Calibration | None = None,
    ) -> MapQuality:
        """Measure a map.

        Args:
            gallery: the map.
            landmarks: of the map; a map that is being built cannot load them yet.
            calibration: of a query network; None: the map's own, if it has one.
        """
        alike = self_similarity(gallery)
        return cls(
            alike,
            weak_places(gallery, alike, landmarks),
            coverage(gallery, alike.radius_m),
            None if landmarks is None else _impostors(gallery, landmarks, alike.radius_m),
            calibration or gallery.manifest.calibration,
        )


def _impostors(gallery: GalleryMap, landmarks: Landmarks, radius_m: float) -> ImpostorScores:
    return score_impostors(landmarks, gallery.read_descriptors(), gallery.keyframes, radius_m)
