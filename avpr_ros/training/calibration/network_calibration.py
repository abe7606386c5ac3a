# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Calibration of a network in a map on held-out views, with its recall by the light."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from avpr_ros.arrays import Descriptors
from avpr_ros.gallery.calibration import Calibration
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.gallery.keyframes import Keyframes
from avpr_ros.gallery.places import default_distinct_radius_m
from avpr_ros.training.held_out import (
    DescribingNetwork,
    HeldOutViews,
    calibrate_views,
    inner_products,
    light_recalls,
    recalls,
)
from avpr_ros.training.images import MapImages, TrainingImages
from avpr_ros.training.places import Places, PlaceSettings, places_of


@dataclass(frozen=True, eq=False)
class CalibrationMap:
    """What a network is calibrated on: a map of N keyframes, or several one after the other.

    Attributes:
        images: N images.
        descriptors: (N, d) unit rows.
        keyframes: N rows.
        places: which keyframes are near each other.
        distinct_radius_m: radius of a place, the matcher's.
        map_sizes: keyframes of each map; None: all are of one.
    """

    images: TrainingImages
    descriptors: Descriptors
    keyframes: Keyframes
    places: Places
    distinct_radius_m: float
    map_sizes: Sequence[int] | None = None

    @classmethod
    def of(cls, gallery: GalleryMap) -> CalibrationMap:
        """Return what a single map gives; raises ``TrainingError`` without thumbnails."""
        return cls(
            MapImages(gallery),
            gallery.read_descriptors(),
            gallery.keyframes,
            places_of(gallery.keyframes, PlaceSettings()),
            default_distinct_radius_m(gallery),
        )


@dataclass(frozen=True)
class NetworkCalibration:
    """Calibration of a network on held-out views, and the recalls of these by name."""

    calibration: Calibration
    recalls: Mapping[str, float]


def calibrate_network(
    network: DescribingNetwork,
    on: CalibrationMap,
    seed: int,
    held_out: HeldOutViews | None = None,
) -> NetworkCalibration:
    """Calibrate a network.

    Args:
        network: of the queries.
        on: the map.
        seed: of the views.
        held_out: views of all images by this seed that are drawn already.
    """
    if held_out is None:
        held_out = HeldOutViews.draw(on.images, network.input_px, seed)
    views = network.describe(list(held_out.views))
    calibration = calibrate_views(
        views,
        held_out.rows,
        on.descriptors,
        on.keyframes,
        on.places,
        on.distinct_radius_m,
        on.map_sizes,
    )
    found = recalls(inner_products(views, on.descriptors), held_out.rows, on.places)
    lights = light_recalls(network, on.images, on.descriptors, on.places, seed)
    by_light = {'day_recall_at_1': found['recall_at_1'], **lights}
    return NetworkCalibration(calibration.with_statistics(by_light), found)
