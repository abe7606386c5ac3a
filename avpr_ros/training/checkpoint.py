# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Checkpoints: whole or absent, loadable without pickle's code, tied to one training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
import hashlib
import io
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from avpr_ros.errors import TrainingError
from avpr_ros.storage.files import atomic_file
from avpr_ros.storage.reading import reading

#: Before the hash of all that follows the first line.
_MAGIC = b'avpr_ros checkpoint 2 '


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """The state of a training after some steps.

    Everything random is drawn from seed and step, so no generator state is needed.

    Attributes:
        identity: hash of map, space and settings; a checkpoint of another one is not resumed.
        step: steps done.
        network: state of the query network.
        objective: state of the objective.
        optimizer: state of the optimiser.
        best: state of the query network at its lowest held-out loss; None where it is not kept.
        history: rows of the learning curve so far.
    """

    identity: str
    step: int
    network: Mapping[str, Tensor]
    objective: Mapping[str, Tensor]
    optimizer: Mapping[str, Any]
    best: Mapping[str, Tensor] | None
    history: list[dict[str, float]]

    def save(self, path: Path) -> None:
        """Write the file; raises ``TrainingError`` where it cannot be written."""
        try:
            content = io.BytesIO()
            torch.save(dict(vars(self)), content)
            data = content.getbuffer()
            with atomic_file(path) as temporary, temporary.open('wb') as stream:
                stream.write(_MAGIC + hashlib.sha256(data).hexdigest().encode() + b'\n')
                stream.write(data)
        except (OSError, RuntimeError) as error:
            raise TrainingError(
                f'the checkpoint {path} cannot be written ({error}); make room, then go on with '
                '--resume'
            ) from error

    @classmethod
    def load(cls, path: Path, identity: str) -> Checkpoint:
        """Read a checkpoint back.

        Raises:
            TrainingError: unreadable, damaged, or of another training.
        """
        with reading(path, TrainingError, 'delete it or train without --resume'):
            head, _, data = path.read_bytes().partition(b'\n')
            if head != _MAGIC + hashlib.sha256(data).hexdigest().encode():
                raise ValueError('it is damaged or no checkpoint of this version')
            checkpoint = cls(**torch.load(io.BytesIO(data), map_location='cpu', weights_only=True))
        if checkpoint.identity != identity:
            raise TrainingError(
                f'the checkpoint {path} is of another map or of other settings; give the same '
                'ones or train without --resume'
            )
        return checkpoint
