# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The user's model folder: one safetensors file and one JSON file for each network."""

from __future__ import annotations

from dataclasses import asdict, dataclass
import json
import os
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import save_file

from avpr_ros.errors import ConfigError
from avpr_ros.json_fields import Fields, read_object
from avpr_ros.networks.checkpoints.reading import fill, read_checkpoint, read_tensors
from avpr_ros.networks.foundation.kinds import kind_by_name
from avpr_ros.networks.foundation.network import FoundationNetwork
from avpr_ros.storage.file_pair import matching_file, pair_lock, replace_pair
from avpr_ros.storage.files import sha256_of_file, write_text_atomically
from avpr_ros.storage.reading import reason
from avpr_ros.storage.workspace import workspace

#: Names another folder than the user's own.
VARIABLE = 'AVPR_MODELS'


@dataclass(frozen=True)
class StoredModel:
    """Record of a network in the model folder.

    Attributes:
        name: of the network.
        sha256: of the converted file; part of the descriptor space of every map made with it.
        source_sha256: of the published file that it was made from.
        source: name of that file.
    """

    name: str
    sha256: str
    source_sha256: str
    source: str


def model_folder() -> Path:
    """Return the folder: ``$AVPR_MODELS``, or ``avpr_ros/models`` in the user's data folder."""
    if chosen := os.environ.get(VARIABLE):
        return Path(chosen).expanduser()
    data = os.environ.get('XDG_DATA_HOME') or '~/.local/share'
    return Path(data).expanduser() / 'avpr_ros' / 'models'


def weights_path(name: str) -> Path:
    """Return where the converted weights of a network are or would be."""
    return model_folder() / f'{name}.safetensors'


def import_checkpoint(path: Path, name: str) -> StoredModel:
    """Check a published file and convert it into the model folder.

    Raises:
        ConfigError: no such network, a file that does not fit, or a folder that cannot be
            written.
    """
    network = read_checkpoint(path, kind_by_name(name))
    target = weights_path(name)
    try:
        with pair_lock(target, 'sha256'), workspace(target) as folder:
            new = folder / target.name
            state = {key: value.contiguous() for key, value in network.state_dict().items()}
            save_file(state, new)
            model = StoredModel(name, sha256_of_file(new), sha256_of_file(path), path.name)
            text = json.dumps(asdict(model), indent=2)
            replace_pair(
                new, target, model.sha256, lambda record: write_text_atomically(record, text)
            )
    except (OSError, SafetensorError) as error:  # the library wraps those of the disk
        raise ConfigError(
            f'{target} cannot be written ({reason(error)}); free disk space or set '
            f'{VARIABLE} to another folder'
        ) from error
    return model


def stored_models() -> dict[str, StoredModel]:
    """Return the networks in the model folder by name; a file that cannot be read is left out."""
    found = {}
    for path in sorted(model_folder().glob('*.json')):
        try:
            found[path.stem] = stored_model(path.stem)
        except ConfigError:
            continue
    return found


def stored_model(name: str) -> StoredModel:
    """Return the record of one network.

    Raises:
        ConfigError: it has not been imported, or its record is damaged.
    """
    kind_by_name(name)
    record = weights_path(name).with_suffix('.json')
    try:
        fields = Fields(read_object(record))
        names = ('name', 'sha256', 'source_sha256', 'source')
        return StoredModel(*(fields.text(name) for name in names))
    except FileNotFoundError as error:
        raise ConfigError(
            f'{model_folder()} has no weights of {name}; run `avpr models import FILE '
            f'--as {name}` with the published file'
        ) from error
    except (OSError, ValueError) as error:
        raise ConfigError(f'{record} is damaged ({error}); import the network again') from error


def load_stored(name: str, expected_sha256: str | None = None) -> FoundationNetwork:
    """Load a network from the model folder, its hash checked.

    Args:
        name: of the network.
        expected_sha256: that a map was made with; None takes what is there.

    Raises:
        ConfigError: not imported, damaged, or other weights than expected.
    """
    model = stored_model(name)
    path = matching_file(weights_path(name), model.sha256)
    if path is None:
        raise ConfigError(
            f'{weights_path(name)} is missing or damaged (wrong hash); import the network again'
        )
    if expected_sha256 is not None and expected_sha256 != model.sha256:
        raise ConfigError(
            f'the map was built with weights {expected_sha256[:12]} of {name}, {path} has '
            f'{model.sha256[:12]}; import the file that the map was built with'
        )
    network = FoundationNetwork(kind_by_name(name))
    fill(network, read_tensors(path), path)
    return network
