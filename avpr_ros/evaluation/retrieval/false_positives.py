# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The surest wrong matches of a drive, with their images: what a threshold has to cope with."""

from __future__ import annotations

import numpy as np

from avpr_ros.arrays import IntArray, RgbImage
from avpr_ros.errors import ImageDecodeError
from avpr_ros.evaluation.retrieval.drive_descriptors import DescribedDrive
from avpr_ros.evaluation.retrieval.evaluation import Example, Pair
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.sources.frame import FrameSource

_EXAMPLES = 4


def wrong_matches(
    gallery: GalleryMap, source: FrameSource, described: DescribedDrive, pair: Pair
) -> tuple[Example, ...]:
    """Return the wrong matches with the highest similarity, one per keyframe, with their images.

    Args:
        gallery: the map.
        source: read a second time, to decode the images of the matches.
        described: the descriptors of that source.
        pair: the networks whose matches are returned.
    """
    worst = _surest_wrong(pair)
    keys = {(int(described.stamps_ns[i]), described.cameras[i]): int(i) for i in worst}
    images: dict[int, RgbImage] = {}
    for image in source.images() if keys else ():
        number = keys.get((image.stamp_ns, image.camera))
        if number is not None:
            try:
                images[number] = image.decode()
            except ImageDecodeError:  # it could be decoded a moment ago: the file has changed
                continue
    return tuple(_example(gallery, described, pair, int(i), images.get(int(i))) for i in worst)


def _surest_wrong(pair: Pair) -> IntArray:
    """Return queries by falling similarity, the first of each keyframe that was found."""
    wrong = np.flatnonzero(~pair.score.right)
    wrong = wrong[np.argsort(-pair.score.scores[wrong], kind='stable')]
    _, first = np.unique(pair.ranking.rows[wrong, 0], return_index=True)
    return np.asarray(wrong[np.sort(first)][:_EXAMPLES])


def _example(
    gallery: GalleryMap,
    described: DescribedDrive,
    pair: Pair,
    number: int,
    image: RgbImage | None,
) -> Example:
    row = int(pair.ranking.rows[number, 0])
    offset_m = described.views.positions_m[number] - gallery.keyframes.poses[row, :3]
    text = f'query {number} matched keyframe {gallery.keyframes.ids[row]}'
    if np.isfinite(offset_m).all():
        text += f', {np.linalg.norm(offset_m):.1f} m away'
    if not pair.score.has_match[number]:
        text += '; the map does not hold its place'
    return Example(float(pair.score.scores[number]), text, (image, gallery.thumbnail(row)))
