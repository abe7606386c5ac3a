# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""From the thumbnails of a map to the layouts of its pictures."""

from __future__ import annotations

import numpy as np

from avpr_ros.gallery.describer import Progress, no_progress
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.gallery.hog import Layout, gradients
from avpr_ros.gallery.thumbnail_images import pictures


def build_layout(gallery: GalleryMap, progress: Progress = no_progress) -> Layout:
    """Describe how every keyframe's picture is laid out.

    Needs memory for the gradients of the whole map, 15 kB a keyframe.

    Args:
        gallery: the map with thumbnails.
        progress: called with stage, done and total.

    Raises:
        MapError: a thumbnail is missing or damaged.
    """
    return Layout.fit(np.stack([gradients(one) for one in pictures(gallery, 'layout', progress)]))
