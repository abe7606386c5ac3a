# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The symmetric pair: the map's own gallery network as query network, without training."""

from __future__ import annotations

from pathlib import Path

from avpr_ros.gallery.describer import Progress, no_progress
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.gallery.places import default_distinct_radius_m
from avpr_ros.networks.registry import load_gallery_network
from avpr_ros.training.deliver import TrainResult, check_output, deliver, locked_output
from avpr_ros.training.held_out import (
    VIEWS,
    WHAT,
    HeldOutViews,
    calibrate_views,
    inner_products,
    light_recalls,
    recalls,
)
from avpr_ros.training.images import MapImages
from avpr_ros.training.places import PlaceSettings, places_of


def export_gallery_network(
    gallery: GalleryMap, output: Path, seed: int = 0, progress: Progress = no_progress
) -> TrainResult:
    """Export the map's own gallery network, calibrated on held-out views.

    Args:
        gallery: a map with thumbnails, of an embedded gallery network.
        output: the ONNX file; its manifest gets the same name with ``.json``.
        seed: of the held-out views.
        progress: called with stage, done, total.

    Raises:
        TrainingError: no thumbnails, or files that cannot be written.
        OutputBusyError: another process is writing the output.
        SpaceMismatchError: the map's descriptor space is not of the embedded kind.
        MapError: a file of the map is damaged.
    """
    check_output(output)
    with locked_output(output):
        return _export(gallery, output, seed, progress)


def _export(gallery: GalleryMap, output: Path, seed: int, progress: Progress) -> TrainResult:
    images = MapImages(gallery)
    network = load_gallery_network(gallery.space())
    places = places_of(gallery.keyframes, PlaceSettings())
    progress('calibration', 0, 1)
    held_out = HeldOutViews.draw(images, network.input_px, seed)
    views = network.describe(list(held_out.views))
    calibration = calibrate_views(
        views,
        held_out.rows,
        gallery.read_descriptors(),
        gallery.keyframes,
        places,
        default_distinct_radius_m(gallery),
    )
    lights = light_recalls(network, images, gallery.read_descriptors(), places, seed)
    calibration = calibration.with_statistics(lights)
    progress('calibration', 1, 1)
    record = {
        'method': 'none: the gallery network itself on both sides',
        'images': len(images),
        'held_out': {
            'what': WHAT,
            'views': VIEWS,
            'after': recalls(
                inner_products(views, gallery.read_descriptors()), held_out.rows, places
            ),
        },
    }
    name = gallery.manifest.descriptor_space.network
    return deliver(network, name, network.input_px, gallery, images, output, record, calibration)
