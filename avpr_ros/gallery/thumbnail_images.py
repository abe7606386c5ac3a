# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The picture of every keyframe, for what is learned from the whole map."""

from __future__ import annotations

from collections.abc import Iterator

from avpr_ros.arrays import RgbImage
from avpr_ros.errors import MapError
from avpr_ros.gallery.describer import Progress
from avpr_ros.gallery.gallery_map import GalleryMap


def pictures(gallery: GalleryMap, stage: str, progress: Progress) -> Iterator[RgbImage]:
    """Yield the thumbnail of every keyframe, in the order of rows.

    Args:
        gallery: the map with thumbnails.
        stage: what they are wanted for.
        progress: called with stage, done and total.

    Raises:
        MapError: a thumbnail is missing or damaged.
    """
    for row in range(len(gallery)):
        image = gallery.thumbnail(row)
        if image is None:
            raise MapError(
                f'{gallery.path} has no thumbnail of keyframe {gallery.keyframes.ids[row]}; build '
                f'its {stage} from the whole map, not from a copy for a robot'
            )
        yield image
        progress(stage, row + 1, len(gallery))
