# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Augmented views of the keyframes, described by the gallery network itself.

A place with one or two images has no variance to learn from; its views give the variance of the
gallery descriptor under changes of the image.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import Descriptors, RgbImage
from avpr_ros.gallery.describer import Progress
from avpr_ros.training.augmentation.augment import Augmentation
from avpr_ros.training.images import TrainingImages, views_of

#: First number of the seed of these views; training and held-out views use others.
_STREAM = 5


class GalleryNetwork(Protocol):
    """The heavy network.

    Attributes:
        input_px: side of the square image that it sees.
    """

    input_px: int

    def describe(self, images: Sequence[RgbImage]) -> Descriptors:
        """Describe images: (N, d) float32 unit rows."""
        ...


def describe_views(
    network: GalleryNetwork, images: TrainingImages, count: int, seed: int, progress: Progress
) -> NDArray[np.float16]:
    """Describe augmented views of each image.

    Args:
        network: the map's own gallery network.
        images: N images of the map.
        count: views V of each image.
        seed: of the changes.
        progress: called with stage, done, total.

    Returns:
        (N, V, d) float16 unit rows.
    """
    described = []
    for row in range(len(images)):
        rows = np.full(count, row, dtype=np.int64)
        views = views_of(images, rows, network.input_px, Augmentation(), (seed, _STREAM, row))
        described.append(np.asarray(network.describe(list(views)), dtype=np.float16))
        progress('views', row + 1, len(images))
    return np.stack(described)
