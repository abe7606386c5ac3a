# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The part of ``avpr build`` that adds landmarks to a map."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from avpr_ros.gallery.describer import Progress
    from avpr_ros.gallery.gallery_map import GalleryMap


def add_landmarks(gallery: GalleryMap, report: Progress) -> None:
    """Add landmarks to a map that is being built."""
    from avpr_ros.gallery.gallery_map import LANDMARKS
    from avpr_ros.gallery.landmark_builder import build_landmarks

    build_landmarks(gallery, report).save(gallery.path / LANDMARKS)
