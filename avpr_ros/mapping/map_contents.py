# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The parts of ``avpr build`` that add layouts, landmarks and the report to a map."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from avpr_ros.gallery.describer import Progress
    from avpr_ros.gallery.gallery_map import GalleryMap
    from avpr_ros.gallery.landmarks import Landmarks


def add_landmarks(gallery: GalleryMap, report: Progress) -> Landmarks:
    """Add landmarks to a map that is being built, and return them."""
    from avpr_ros.gallery.gallery_map import LANDMARKS
    from avpr_ros.mapping.landmark_builder import build_landmarks

    landmarks = build_landmarks(gallery, report)
    landmarks.save(gallery.path / LANDMARKS)
    return landmarks


def add_layout(gallery: GalleryMap, report: Progress) -> None:
    """Add the layouts of the keyframes' pictures to a map that is being built."""
    from avpr_ros.gallery.gallery_map import LAYOUT
    from avpr_ros.mapping.hog_builder import build_layout

    build_layout(gallery, report).save(gallery.path / LAYOUT)


def write_report(gallery: GalleryMap, landmarks: Landmarks | None) -> None:
    """Write the report of a map that is being built into its folder."""
    from avpr_ros.evaluation.map_quality.report_data import MapEvidence
    from avpr_ros.evaluation.reports.map_report import write_map_report
    from avpr_ros.gallery.gallery_map import REPORT

    write_map_report(gallery, gallery.path / REPORT, MapEvidence.of(gallery, landmarks))
