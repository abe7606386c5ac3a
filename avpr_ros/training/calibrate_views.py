# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Calibration of both kinds of similarities: of descriptors as they are, and standardised.

The held-out views are standardised with their own mean, as the queries of a drive are with theirs;
as there, the mean of the map has a weight in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from avpr_ros.arrays import Descriptors, IntArray
from avpr_ros.gallery.calibration import Calibration
from avpr_ros.gallery.keyframes import Keyframes
from avpr_ros.gallery.standardization import (
    FEWEST_KEYFRAMES,
    MAP_MEAN_IMAGES,
    mean_descriptor,
    standardized,
)
from avpr_ros.training.calibrate import calibrate
from avpr_ros.training.held_out import inner_products
from avpr_ros.training.places import Places


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
        mean = mean_descriptor(gallery[part])
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
