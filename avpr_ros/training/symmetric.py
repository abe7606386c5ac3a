# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The symmetric pair: the map's own gallery network as query network, without training."""

from __future__ import annotations

from pathlib import Path

from avpr_ros.arrays import RgbImage, evenly
from avpr_ros.gallery.calibration import Calibration
from avpr_ros.gallery.describer import Progress, no_progress
from avpr_ros.gallery.descriptor_space import SpaceInfo
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.networks.describer import one_torch_thread
from avpr_ros.networks.export import export_onnx
from avpr_ros.networks.foundation.space import FoundationGalleryNetwork
from avpr_ros.networks.gallery_network import EmbeddedGalleryNetwork
from avpr_ros.networks.registry import load_gallery_network
from avpr_ros.training.calibration.network_calibration import (
    CalibrationMap,
    NetworkCalibration,
    calibrate_network,
)
from avpr_ros.training.deliver import TrainResult, check_output, deliver, locked_output
from avpr_ros.training.held_out import VIEWS, WHAT
from avpr_ros.training.images import MapImages


def export_gallery_network(
    gallery: GalleryMap, output: Path, seed: int = 0, progress: Progress = no_progress
) -> TrainResult:
    """Export the map's own gallery network, calibrated on held-out views.

    Where maps share a vocabulary, it is exported before the projection and without calibration,
    so that it serves all of them: each map holds a projection and a calibration of its own.

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
    space = gallery.space()
    name, size_px = space.network, space.input_px
    record: dict[str, object] = {'method': 'none: the gallery network itself on both sides'}
    if (base_id := space.base_id) is not None:
        long = EmbeddedGalleryNetwork.from_space(space, projected=False)
        base = SpaceInfo(base_id, name, long.fitted.dim, size_px)
        return deliver(long, name, size_px, gallery, images, output, record, None, base)
    network = load_gallery_network(space)
    found = _calibrated(gallery, network, seed, progress)
    held_out = {'what': WHAT, 'views': VIEWS, 'after': found.recalls}
    record |= {'images': len(images), 'held_out': held_out}
    return deliver(network, name, size_px, gallery, images, output, record, found.calibration)


def write_gallery_network(
    gallery: GalleryMap, output: Path, seed: int = 0, progress: Progress = no_progress
) -> Calibration:
    """Write the gallery network of a map that is being built, and return its calibration.

    It is written before the projection, the same file for all maps that share a vocabulary. One
    thread computes it, so that builds of the same drives give the same bytes.

    Args:
        gallery: the map, with thumbnails.
        output: the ONNX file.
        seed: of the held-out views.
        progress: called with stage, done, total.

    Raises:
        TrainingError: ONNX differs from torch.
        MapError: a file of the map is damaged.
    """
    network = load_gallery_network(gallery.space())
    with one_torch_thread():
        calibration = _calibrated(gallery, network, seed, progress).calibration
        long = EmbeddedGalleryNetwork.from_space(gallery.space(), projected=False)
        export_onnx(long, long.input_px, output, _some_images(gallery))
    return calibration


def _some_images(gallery: GalleryMap, count: int = 8) -> list[RgbImage]:
    images = MapImages(gallery)
    return [images.read(int(row)) for row in evenly(len(images), count)]


def _calibrated(
    gallery: GalleryMap,
    network: EmbeddedGalleryNetwork | FoundationGalleryNetwork,
    seed: int,
    progress: Progress,
) -> NetworkCalibration:
    progress('calibration', 0, 1)
    found = calibrate_network(network, CalibrationMap.of(gallery), seed)
    progress('calibration', 1, 1)
    return found
