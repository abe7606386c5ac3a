# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A finished query network: the ONNX file and the manifest beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from torch import nn

from avpr_ros import __version__
from avpr_ros.arrays import evenly
from avpr_ros.errors import TrainingError
from avpr_ros.files import sha256_of_file
from avpr_ros.gallery.calibration import Calibration
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.networks.export import export_onnx
from avpr_ros.runtime.query_manifest import QueryManifest
from avpr_ros.training.images import TrainingImages

#: Real images that ONNX is compared with torch on.
_CHECKED_IMAGES = 8


@dataclass(frozen=True)
class TrainResult:
    """A query network on disk.

    Attributes:
        output: the ONNX file.
        manifest: its manifest, with the record of the training and the calibration.
    """

    output: Path
    manifest: QueryManifest


def check_output(output: Path) -> None:
    """Check the path of the ONNX file before work starts.

    Raises:
        TrainingError: another suffix than ``.onnx``, or the path is a folder.
    """
    if output.suffix != '.onnx' or output.is_dir():
        raise TrainingError(f'the output {output} must be the path of a file named *.onnx')


def deliver(
    network: nn.Module,
    name: str,
    input_px: int,
    gallery: GalleryMap,
    images: TrainingImages,
    output: Path,
    training: Mapping[str, Any],
    calibration: Calibration,
) -> TrainResult:
    """Export a network and write its manifest; the manifest comes last and names the file's hash.

    Args:
        network: from (B, S, S, 3) uint8 to (B, d) float32 unit rows.
        name: for the manifest.
        input_px: side S.
        gallery: the map of its descriptor space.
        images: of the map; some are used to compare ONNX with torch.
        output: the ONNX file.
        training: record of the training.
        calibration: score thresholds with this map.

    Raises:
        TrainingError: ONNX differs from torch, or a file cannot be written.
    """
    space = gallery.manifest.descriptor_space
    checked = [images.read(int(row)) for row in evenly(len(images), _CHECKED_IMAGES)]
    try:
        difference = export_onnx(network, input_px, output, checked)
        manifest = QueryManifest(
            network=name,
            space_id=space.id,
            dim=space.dim,
            input_px=input_px,
            onnx_sha256=sha256_of_file(output),
            created=datetime.now(timezone.utc).isoformat(timespec='seconds'),
            tool_version=__version__,
            max_abs_difference=difference,
            training=training,
            calibration=calibration,
        )
        manifest.save(output.with_suffix('.json'))
    except OSError as error:
        raise TrainingError(
            f'{output} cannot be written ({error.strerror or error}); make room or choose '
            'another place'
        ) from error
    return TrainResult(output, manifest)
