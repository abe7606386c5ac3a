# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The parts of a complete map that need a network or plots."""

from __future__ import annotations

from pathlib import Path

from avpr_ros.arrays import Descriptors
from avpr_ros.evaluation.map_quality.report_data import MapQuality
from avpr_ros.evaluation.reports.map_report import write_map_report
from avpr_ros.gallery.calibration import Calibration
from avpr_ros.gallery.describer import Progress
from avpr_ros.gallery.gallery_map import GALLERY_NETWORK, REPORT, GalleryMap
from avpr_ros.gallery.local_features.landmarks import Landmarks
from avpr_ros.mapping.map_contents import MapContents


def complete_contents(views: int, landmarks: bool, learned_features: bool) -> MapContents:
    """Return what a new map holds.

    Args:
        views: how many augmented views of each keyframe are described; 0 for none.
        landmarks: whether local features and their points in space are stored.
        learned_features: whether XFeat features are stored beside RootSIFT ones.

    Raises:
        ConfigError: the package with the weights of XFeat is not installed.
    """
    write_xfeat = None
    if landmarks and learned_features:
        from avpr_ros.networks.xfeat_export import xfeat_weights

        xfeat_weights()  # Missing weights are an error before the work starts.
        write_xfeat = _write_xfeat
    return MapContents(
        _describe_views, _write_report, views, landmarks, write_xfeat, _write_network
    )


def contents_like(gallery: GalleryMap) -> MapContents:
    """Return what the next revision of a map holds: what the map does."""
    return MapContents.like(gallery, _describe_views, _write_report, _write_network)


def _describe_views(gallery: GalleryMap, views: int, progress: Progress) -> Descriptors:
    from avpr_ros.networks.registry import load_gallery_network
    from avpr_ros.training.gallery_views import describe_views
    from avpr_ros.training.images import MapImages

    network = load_gallery_network(gallery.space())
    return describe_views(network, MapImages(gallery), views, 0, progress)


def _write_xfeat(file: Path) -> None:
    from avpr_ros.networks.xfeat_export import export_xfeat

    export_xfeat(file)


def _write_network(gallery: GalleryMap, progress: Progress) -> Calibration | None:
    from avpr_ros.networks.embedded.kinds import is_fixed

    if not is_fixed(gallery.manifest.descriptor_space.network):
        return None
    from avpr_ros.training.symmetric import write_gallery_network

    return write_gallery_network(gallery, gallery.path / GALLERY_NETWORK, progress=progress)


def _write_report(gallery: GalleryMap, landmarks: Landmarks | None) -> None:
    write_map_report(gallery, gallery.path / REPORT, MapQuality.compute(gallery, landmarks))
