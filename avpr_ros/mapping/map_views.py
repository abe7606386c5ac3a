# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Augmented views of the keyframes, added to a map that is being built."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from avpr_ros.gallery.describer import Progress
    from avpr_ros.gallery.gallery_map import GalleryMap


def add_views(gallery: GalleryMap, views: int, report: Progress) -> None:
    """Describe so many views of each keyframe with the map's own network; 0 adds nothing."""
    if not views:
        return
    from avpr_ros.gallery.augmented_views import save_views
    from avpr_ros.networks.registry import load_gallery_network
    from avpr_ros.training.gallery_views import describe_views
    from avpr_ros.training.images import MapImages

    network = load_gallery_network(gallery.space())
    save_views(gallery.path, describe_views(network, MapImages(gallery), views, 0, report))
