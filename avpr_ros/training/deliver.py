# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A finished query network: the ONNX file and the manifest beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from torch import nn

from avpr_ros import __version__
from avpr_ros.arrays import evenly
from avpr_ros.errors import TrainingError
from avpr_ros.gallery.calibration import Calibration
from avpr_ros.gallery.descriptor_space import SpaceInfo
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.json_fields import read_object
from avpr_ros.networks.export import export_onnx
from avpr_ros.runtime.query_manifest import ONNX_HASH, QueryManifest
from avpr_ros.storage.file_pair import pair_lock, replace_pair
from avpr_ros.storage.files import sha256_of_file
from avpr_ros.storage.workspace import workspace
from avpr_ros.training.curve import is_curve
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
        TrainingError: another suffix than ``.onnx``, the path is a folder, or a file beside it
            that would be replaced is of something else.
    """
    if output.suffix != '.onnx' or output.is_dir():
        raise TrainingError(f'the output {output} must be the path of a file named *.onnx')
    record, curves = output.with_suffix('.json'), output.with_suffix('.csv')
    if record.exists() and not _is_manifest(record):
        raise _not_ours(record, 'the manifest of a query network')
    if curves.exists() and not is_curve(curves):
        raise _not_ours(curves, 'the learning curves of a training')


def _is_manifest(path: Path) -> bool:
    try:
        return ONNX_HASH in read_object(path)
    except (OSError, ValueError):
        return False


def _not_ours(path: Path, what: str) -> TrainingError:
    return TrainingError(
        f'{path} exists, would be replaced and is not {what}; move it or choose another output'
    )


@contextmanager
def locked_output(output: Path) -> Iterator[None]:
    """Lock the output of a training while it runs.

    Raises:
        OutputBusyError: another process is writing it.
        TrainingError: its folder cannot be written.
    """
    with ExitStack() as stack:
        try:
            stack.enter_context(pair_lock(output, ONNX_HASH))
        except OSError as error:
            raise TrainingError(
                f'{output} cannot be written ({error.strerror or error}); choose another place'
            ) from error
        yield


def deliver(
    network: nn.Module,
    name: str,
    input_px: int,
    gallery: GalleryMap,
    images: TrainingImages,
    output: Path,
    training: Mapping[str, Any],
    calibration: Calibration | None,
    space: SpaceInfo | None = None,
) -> TrainResult:
    """Export a network and write its manifest; the old pair stays until the new one is whole.

    Args:
        network: from (B, S, S, 3) uint8 to (B, d) float32 unit rows.
        name: for the manifest.
        input_px: side S.
        gallery: the map of its descriptor space.
        images: of the map; some are used to compare ONNX with torch.
        output: the ONNX file.
        training: record of the training.
        calibration: score thresholds with this map; None: those of each map hold.
        space: of the network's descriptors; None: that of the map.

    Raises:
        TrainingError: ONNX differs from torch, or a file cannot be written.
    """
    space = space or gallery.manifest.descriptor_space
    checked = [images.read(int(row)) for row in evenly(len(images), _CHECKED_IMAGES)]
    try:
        with workspace(output) as folder:
            exported = folder / output.name
            difference = export_onnx(network, input_px, exported, checked)
            manifest = QueryManifest(
                network=name,
                space_id=space.id,
                dim=space.dim,
                input_px=input_px,
                onnx_sha256=sha256_of_file(exported),
                created=datetime.now(timezone.utc).isoformat(timespec='seconds'),
                tool_version=__version__,
                max_abs_difference=difference,
                training=training,
                calibration=calibration,
            )
            replace_pair(exported, output, manifest.onnx_sha256, manifest.save)
    except OSError as error:
        raise TrainingError(
            f'{output} cannot be written ({error.strerror or error}); make room or choose '
            'another place'
        ) from error
    return TrainResult(output, manifest)
