# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The 8-bit form of a query network, delivered only if it finds what the float form finds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
import time
from typing import Any

import numpy as np

from avpr_ros.arrays import Descriptors, evenly
from avpr_ros.errors import TrainingError
from avpr_ros.gallery.describer import Progress, no_progress
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.gallery.places import default_distinct_radius_m
from avpr_ros.networks.int8 import quantize_onnx
from avpr_ros.runtime.map_network import in_space_of
from avpr_ros.runtime.onnx_backend import OnnxQueryNetwork
from avpr_ros.runtime.preprocess import squash
from avpr_ros.runtime.query_network import QueryNetwork
from avpr_ros.storage.file_pair import matching_file, replace_pair
from avpr_ros.storage.files import sha256_of_file
from avpr_ros.storage.workspace import workspace
from avpr_ros.training.deliver import TrainResult, check_output, locked_output
from avpr_ros.training.held_out import (
    VIEWS,
    WHAT,
    HeldOutViews,
    calibrate_views,
    inner_products,
    recalls,
)
from avpr_ros.training.images import MapImages
from avpr_ros.training.places import PlaceSettings, places_from_poses

#: Gallery images that the ranges of the activations are taken from.
CALIBRATION_IMAGES = 64
#: Recall at 1 that the 8-bit form may lose on held-out views.
MOST_LOST = 0.01
#: It must be this many times faster to be worth a second file.
LEAST_SPEED_UP = 1.5
_TIMED_IMAGES = 60


@dataclass(frozen=True, eq=False)
class _Measured:
    descriptors: Descriptors
    cpu_ms: float


def quantize_query_network(
    gallery: GalleryMap, source: Path, output: Path, progress: Progress = no_progress
) -> TrainResult:
    """Quantize a query network on gallery images and check its recall on held-out views.

    Both networks are run alternately on the same views; recall and CPU time of both are written to
    the manifest under ``int8``, and the 8-bit network is calibrated.

    Args:
        gallery: the map, with its thumbnails, of the network's descriptor space.
        source: the float ONNX file, with its manifest.
        output: the new ONNX file; its manifest gets the same name with ``.json``.
        progress: called with stage, done, total.

    Raises:
        TrainingError: recall at 1 falls by more than a point, no thumbnails, a network that cannot
            be quantized, or ``output`` is ``source``; an earlier output stays then.
        OutputBusyError: another process is writing the output.
    """
    check_output(output)
    if _same_file(source, output):
        raise TrainingError(
            f'the output {output} is the float network itself; choose another name for the 8-bit '
            'form'
        )
    with locked_output(output), workspace(output) as folder:
        try:
            return _quantize(gallery, source, output, folder / output.name, progress)
        except OSError as error:
            raise TrainingError(
                f'{output} cannot be written ({error.strerror or error}); make room or choose '
                'another place'
            ) from error


def _same_file(source: Path, output: Path) -> bool:
    """Return whether two networks share a file or a manifest."""
    pairs = ((source, output), (source.with_suffix('.json'), output.with_suffix('.json')))
    return any(
        one.resolve() == two.resolve() or (one.exists() and two.exists() and one.samefile(two))
        for one, two in pairs
    )


def _quantize(
    gallery: GalleryMap, source: Path, output: Path, draft: Path, progress: Progress
) -> TrainResult:
    """Make, check and calibrate a draft; only then it becomes the output."""
    fp32 = OnnxQueryNetwork.open(source)
    images, side = MapImages(gallery), fp32.manifest.input_px
    progress('quantization', 0, 3)
    shown = [images.read(int(row)) for row in evenly(len(images), CALIBRATION_IMAGES)]
    checked = matching_file(source, fp32.manifest.onnx_sha256) or source
    quantize_onnx(checked, draft, np.stack([squash(image, side) for image in shown]))
    progress('quantization', 1, 3)
    manifest = replace(fp32.manifest, onnx_sha256=sha256_of_file(draft))
    manifest.save(draft.with_suffix('.json'))
    held_out = HeldOutViews.draw(images, side, seed=0)
    first, second = in_space_of(fp32, gallery), in_space_of(OnnxQueryNetwork.open(draft), gallery)
    float_form, int8_form = _in_turn(first, second, held_out)
    progress('quantization', 2, 3)
    places = places_from_poses(gallery.keyframes, PlaceSettings())
    rows = gallery.read_descriptors()
    before, after = (
        recalls(inner_products(form.descriptors, rows), held_out.rows, places)
        for form in (float_form, int8_form)
    )
    _refuse_loss(before['recall_at_1'], after['recall_at_1'])
    record = _record(before, after, float_form, int8_form)
    calibration = None
    if first is fp32:  # else it serves several maps, and each has a calibration of its own
        calibration = calibrate_views(
            int8_form.descriptors,
            held_out.rows,
            rows,
            gallery.keyframes,
            places,
            default_distinct_radius_m(gallery),
        )
    training = {**fp32.manifest.training, 'int8': record}
    manifest = replace(manifest, training=training, calibration=calibration)
    replace_pair(draft, output, manifest.onnx_sha256, manifest.save)
    progress('quantization', 3, 3)
    return TrainResult(output, manifest)


def _refuse_loss(before: float, after: float) -> None:
    if before - after > MOST_LOST:
        raise TrainingError(
            f'recall@1 of the 8-bit network is {after:.3f} and of the float network {before:.3f}; '
            f'at most {MOST_LOST} may be lost: keep the float network'
        )


def _in_turn(
    first: QueryNetwork, second: QueryNetwork, views: HeldOutViews
) -> tuple[_Measured, _Measured]:
    """Run two networks in turn, each on this thread, and count the processor time of each."""
    rows: tuple[list[Descriptors], list[Descriptors]] = ([], [])
    seconds: tuple[list[float], list[float]] = ([], [])
    for view in views.views:
        for network, described, took in zip((first, second), rows, seconds, strict=True):
            start_s = time.thread_time()
            described.append(network.describe(view))
            took.append(time.thread_time() - start_s)
    one, two = (
        _Measured(np.stack(described), float(np.median(took[-_TIMED_IMAGES:])) * 1e3)
        for described, took in zip(rows, seconds, strict=True)
    )
    return one, two


def _record(
    before: dict[str, float], after: dict[str, float], fp32: _Measured, int8: _Measured
) -> dict[str, Any]:
    speed_up = fp32.cpu_ms / int8.cpu_ms
    return {
        'method': 'static, per channel, unsigned activations, convolutions only',
        'calibration_images': CALIBRATION_IMAGES,
        'what': WHAT,
        'views': VIEWS,
        'float': before,
        'int8': after,
        'mean_cosine': round(float((fp32.descriptors * int8.descriptors).sum(axis=1).mean()), 4),
        'float_cpu_ms': round(fp32.cpu_ms, 3),
        'int8_cpu_ms': round(int8.cpu_ms, 3),
        'speed_up': round(speed_up, 2),
        'recommended': speed_up >= LEAST_SPEED_UP,
    }
