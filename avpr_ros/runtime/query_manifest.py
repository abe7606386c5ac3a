# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""``query.json``, the manifest of ``query.onnx``: descriptor space, training, calibration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
import json
from pathlib import Path
from typing import Any

from avpr_ros.errors import QueryNetworkError
from avpr_ros.gallery.calibration import Calibration
from avpr_ros.json_fields import Fields, read_object
from avpr_ros.storage.files import write_text_atomically
from avpr_ros.storage.json_hash import FIELD, check_hash, with_hash

#: 1: first version, without a hash of itself; 2: with one.
FORMAT_VERSION = 2
_READ_VERSIONS = (1, 2)
#: Larger networks do not run on a robot.
_MAX_DIM, _MAX_INPUT_PX = 1_000_000, 4096
#: Field with the hash of the ONNX file.
ONNX_HASH = 'onnx_sha256'


@dataclass(frozen=True)
class QueryManifest:
    """Manifest of an exported query network.

    Attributes:
        network: name of the query network.
        space_id: id of the descriptor space that it was trained for.
        dim: dimensions of the descriptor.
        input_px: side of the square input image.
        onnx_sha256: hash of the ONNX file.
        created: UTC, ISO 8601.
        tool_version: version of this package that exported it.
        max_abs_difference: largest difference between ONNX and the trained network.
        training: record of the training as JSON values: settings, losses, recall before and after.
        calibration: score thresholds of this network with its map; None if uncalibrated.
        format_version: version of this file's layout.
    """

    network: str
    space_id: str
    dim: int
    input_px: int
    onnx_sha256: str
    created: str
    tool_version: str
    max_abs_difference: float
    training: Mapping[str, Any] = field(default_factory=dict)
    calibration: Calibration | None = None
    format_version: int = FORMAT_VERSION

    def save(self, path: Path) -> None:
        """Write the JSON file, whole or not at all."""
        data = asdict(self)
        data['format_version'] = FORMAT_VERSION
        data['training'] = dict(self.training)
        data['calibration'] = None if self.calibration is None else self.calibration.to_json()
        write_text_atomically(path, json.dumps(with_hash(data), indent=2, allow_nan=False) + '\n')

    @classmethod
    def load(cls, path: Path) -> QueryManifest:
        """Read the JSON file.

        Raises:
            QueryNetworkError: missing, truncated, changed after writing, of another version, or a
                field is wrong.
        """
        try:
            data = read_object(path)
            version = data.get('format_version')
            if version not in _READ_VERSIONS or isinstance(version, bool):
                raise QueryNetworkError(
                    f'{path} has format version {version!r} and this program reads 1 to '
                    f'{FORMAT_VERSION}; export the query network again with avpr train'
                )
            if version > 1 or FIELD in data:
                check_hash(data)
            return _from_json(Fields(data))
        except FileNotFoundError as error:
            raise QueryNetworkError(
                f'{path} is missing; it belongs beside the ONNX file, see avpr train'
            ) from error
        except (OSError, ValueError, OverflowError) as error:
            raise QueryNetworkError(
                f'{path} is damaged ({error}); copy it again or export the network again'
            ) from error


def _from_json(data: Fields) -> QueryManifest:
    for name, largest in (('dim', _MAX_DIM), ('input_px', _MAX_INPUT_PX)):
        if not 1 <= data.integer(name) <= largest:
            raise ValueError(f'{name} is {data.integer(name)}, expected 1 to {largest}')
    return QueryManifest(
        network=data.text('network'),
        space_id=data.text('space_id'),
        dim=data.integer('dim'),
        input_px=data.integer('input_px'),
        onnx_sha256=data.text('onnx_sha256'),
        created=data.text('created'),
        tool_version=data.text('tool_version'),
        max_abs_difference=data.number('max_abs_difference'),
        training=data.mapping('training'),
        calibration=Calibration.from_json(data.mapping('calibration'))
        if data.has('calibration')
        else None,
    )
