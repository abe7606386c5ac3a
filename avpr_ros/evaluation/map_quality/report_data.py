# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What a map says of itself, gathered once for the terminal and the page."""

from __future__ import annotations

from dataclasses import dataclass

from avpr_ros.evaluation.map_quality.coverage import Coverage, coverage
from avpr_ros.evaluation.map_quality.self_similarity import SelfSimilarity, self_similarity
from avpr_ros.evaluation.map_quality.weak_places import WeakPlaces, weak_places
from avpr_ros.gallery.calibration import Calibration
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.gallery.landmarks import Landmarks
from avpr_ros.mapping.impostors import ImpostorScores, score_impostors


@dataclass(frozen=True)
class MapQuality:
    """The findings.

    Attributes:
        alike: how alike different places look.
        weak: what becomes of keyframes that are looked for.
        coverage: what was driven, and gaps.
        outsiders: keyframes looked for without all in sight of them, by corners; None without
            landmarks.
        calibration: of the query network that was named, or of the map; None without either.
    """

    alike: SelfSimilarity
    weak: WeakPlaces
    coverage: Coverage
    outsiders: ImpostorScores | None
    calibration: Calibration | None

    @classmethod
    def of(
        cls,
        gallery: GalleryMap,
        landmarks: Landmarks | None,
        calibration: Calibration | None = None,
    ) -> MapQuality:
        """Examine a map.

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
            None if landmarks is None else _outsiders(gallery, landmarks, alike.radius_m),
            calibration or gallery.manifest.calibration,
        )


def _outsiders(gallery: GalleryMap, landmarks: Landmarks, radius_m: float) -> ImpostorScores:
    return score_impostors(landmarks, gallery.descriptors, gallery.keyframes, radius_m)
