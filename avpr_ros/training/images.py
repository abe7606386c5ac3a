# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The images that a map brings for training: its thumbnails."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import IntArray, RgbImage
from avpr_ros.errors import TrainingError
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.training.augmentation.augment import Augmentation


class TrainingImages(Protocol):
    """Images by row of the map."""

    def __len__(self) -> int: ...

    def read(self, row: int) -> RgbImage:
        """Return the image of a row."""
        ...


class MapImages:
    """Reads one thumbnail after the other; a large map does not have to fit in memory."""

    def __init__(self, gallery: GalleryMap) -> None:
        self._path = gallery.path
        self._ids = gallery.keyframes.ids
        self._thumbnails = gallery.stored_thumbnails

    def __len__(self) -> int:
        return len(self._ids)

    def read(self, row: int) -> RgbImage:
        """Return the (H, W, 3) thumbnail of a row.

        Raises:
            TrainingError: this copy of the map has none.
            MapError: the file is damaged.
        """
        image = self._thumbnails.read(int(self._ids[row]))
        if image is None:
            raise TrainingError(
                f'the map {self._path} has no thumbnail of keyframe {self._ids[row]}; train on '
                'the whole map, not on a copy for a robot'
            )
        return image


def views_of(
    images: TrainingImages,
    rows: IntArray,
    size_px: int,
    augmentation: Augmentation,
    seed: tuple[int, ...],
) -> NDArray[np.uint8]:
    """Make one augmented view of each row.

    Args:
        images: of the map.
        rows: (B,) rows.
        size_px: side S of a view.
        augmentation: ranges of the changes.
        seed: the same seed gives the same views, whatever was drawn before.

    Returns:
        (B, S, S, 3) uint8.
    """
    rng = np.random.default_rng(seed)
    return np.stack([augmentation.view(images.read(int(row)), size_px, rng) for row in rows])
