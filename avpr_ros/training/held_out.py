# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Held-out views: augmented images of the map that replace queries of a second drive.

They are drawn once, from another random stream and with stronger augmentation than in training.
They cannot fully replace a second drive, whose light, moving objects and lateral offset vary more
than any augmentation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import Descriptors, IntArray, RgbImage, evenly
from avpr_ros.gallery.calibration import Calibration
from avpr_ros.gallery.index.standardization import (
    FEWEST_KEYFRAMES,
    MAP_MEAN_IMAGES,
    mean_descriptor,
    standardized,
)
from avpr_ros.gallery.keyframes import Keyframes
from avpr_ros.training.augmentation.augment import STRONG, Augmentation
from avpr_ros.training.calibration.calibrate import calibrate
from avpr_ros.training.images import TrainingImages, views_of
from avpr_ros.training.places import Places

#: Views in all; small maps give several of each image.
VIEWS = 160
#: First number of the seed of these views; training uses others.
_STREAM = 3

#: Conditions of the light beside ``day``, the views as they are drawn for the calibration.
_LIGHTS = {
    'night': replace(STRONG, night=1.0),
    'winter': replace(STRONG, winter=1.0),
}

WHAT = (
    'strongly augmented views of the map images themselves, not drawn in training; right is a '
    'keyframe of the same place or of one too near to be a negative; not a second drive'
)


class DescribingNetwork(Protocol):
    """A network of either side.

    Attributes:
        input_px: side of the square image that it sees.
    """

    input_px: int

    def describe(self, images: Sequence[RgbImage]) -> Descriptors:
        """Describe images: (N, d) float32 unit rows."""
        ...


@dataclass(frozen=True, eq=False)
class HeldOutViews:
    """Views and the rows of the map that they were made from.

    Attributes:
        rows: (V,) rows of the map.
        views: (V, S, S, 3) uint8.
    """

    rows: IntArray
    views: NDArray[np.uint8]

    @classmethod
    def draw(
        cls,
        images: TrainingImages,
        size_px: int,
        seed: int,
        among: IntArray | None = None,
        augmentation: Augmentation = STRONG,
    ) -> HeldOutViews:
        """Draw the views of a map, evenly over its rows or over some of them."""
        among = np.arange(len(images)) if among is None else among
        rows = np.resize(among[evenly(len(among), VIEWS)], VIEWS)
        return cls(rows, views_of(images, rows, size_px, augmentation, (seed, _STREAM)))

    def similarities(
        self, network: DescribingNetwork, descriptors: Descriptors
    ) -> NDArray[np.float32]:
        """Return (V, N) inner products of the views with the map's (N, d) descriptors."""
        return inner_products(network.describe(list(self.views)), descriptors)


def inner_products(views: Descriptors, descriptors: Descriptors) -> NDArray[np.float32]:
    """Return (V, N) inner products of (V, d) descriptors with the map's (N, d)."""
    rows = np.asarray(descriptors, dtype=np.float32)
    return np.asarray(np.asarray(views, dtype=np.float32) @ rows.T)


def calibrate_views(
    views: Descriptors,
    rows: IntArray,
    descriptors: Descriptors,
    keyframes: Keyframes,
    places: Places,
    distinct_radius_m: float,
    map_sizes: Sequence[int] | None = None,
) -> Calibration:
    """Calibrate the similarities of descriptors as they are, and of standardised ones.

    The views are standardised with their own mean, as the queries of a drive are with theirs; as
    there, the mean of the map has a weight in it.

    Args:
        views: (V, d) descriptors of held-out views.
        rows: (V,) rows of the map that the views were made from.
        descriptors: (N, d) of the map, or of several one after the other.
        keyframes: the N rows.
        places: which keyframes are near each other.
        distinct_radius_m: radius of a place, the matcher's.
        map_sizes: keyframes of each map; None: all are of one.

    Returns:
        The calibration; without that of standardised descriptors where a map has less than 20
        keyframes.
    """
    of_map = (rows, keyframes, places, distinct_radius_m)
    found = _calibrate_descriptors(views, descriptors, *of_map)
    sizes = [len(descriptors)] if map_sizes is None else map_sizes
    if min(sizes) < FEWEST_KEYFRAMES:
        return found
    gallery = np.asarray(descriptors, dtype=np.float32)
    own, about = np.zeros_like(gallery), np.asarray(views, dtype=np.float32).copy()
    end = 0
    for size in sizes:
        part, end = slice(end, end + size), end + size
        mean = mean_descriptor(gallery[part].__getitem__, size)
        own[part] = standardized(gallery[part], mean)
        those = (rows >= part.start) & (rows < part.stop)
        total = MAP_MEAN_IMAGES * mean + about[those].sum(axis=0, dtype=np.float64)
        about[those] = standardized(about[those], total / (MAP_MEAN_IMAGES + those.sum()))
    return replace(found, standardized=_calibrate_descriptors(about, own, *of_map))


def _calibrate_descriptors(
    views: Descriptors,
    descriptors: Descriptors,
    rows: IntArray,
    keyframes: Keyframes,
    places: Places,
    distinct_radius_m: float,
) -> Calibration:
    similarities = inner_products(views, descriptors)
    return calibrate(similarities, rows, descriptors, keyframes, places, distinct_radius_m)


def recall(similarities: NDArray[np.float32], rows: IntArray, places: Places, depth: int) -> float:
    """Return the share of views with a correct keyframe among the best ``depth``.

    Args:
        similarities: (V, N) of views with the map.
        rows: (V,) rows that the views were made from.
        places: of the map's N rows.
        depth: number of best keyframes that count.
    """
    best = np.argsort(-similarities, axis=1, kind='stable')[:, :depth]
    mask = places.exclusion_mask(places.labels[rows])
    right = np.take_along_axis(mask, places.labels[best], axis=1)
    return float(right.any(axis=1).mean())


def recalls(similarities: NDArray[np.float32], rows: IntArray, places: Places) -> dict[str, float]:
    """Return recall at 1 and 5 under the names that manifests use."""
    return {
        f'recall_at_{depth}': round(recall(similarities, rows, places, depth), 4)
        for depth in (1, 5)
    }


def light_recalls(
    network: DescribingNetwork,
    images: TrainingImages,
    descriptors: Descriptors,
    places: Places,
    seed: int,
) -> dict[str, float]:
    """Return recall at 1 of held-out views as at night and as in winter.

    Args:
        network: of the queries.
        images: N images of the map.
        descriptors: (N, d) of the map.
        places: of the map's N rows.
        seed: of the views.

    Returns:
        ``night_recall_at_1`` and ``winter_recall_at_1``, as the statistics of a calibration have
        them.
    """
    found = {}
    for light, augmentation in _LIGHTS.items():
        views = HeldOutViews.draw(images, network.input_px, seed, augmentation=augmentation)
        similarities = views.similarities(network, descriptors)
        found[f'{light}_recall_at_1'] = round(recall(similarities, views.rows, places, 1), 4)
    return found
