# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Checkpoints: whole or absent, loadable without pickle's code, tied to one training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
import pickle
from typing import Any
import zipfile

import torch
from torch import Tensor

from avpr_ros.errors import TrainingError
from avpr_ros.files import atomic_file


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
            with atomic_file(path) as temporary:
                torch.save(dict(vars(self)), temporary)
        except (OSError, RuntimeError) as error:
            raise TrainingError(
                f'the checkpoint {path} cannot be written ({error}); make room, then go on with '
                '--resume'
            ) from error

    @classmethod
    def load(cls, path: Path, identity: str) -> Checkpoint:
        """Read a checkpoint back.

        Raises:
            TrainingError: unreadable, or of another training.
        """
        try:
            checkpoint = cls(**torch.load(path, map_location='cpu', weights_only=True))
        except (
            OSError,
            RuntimeError,
            TypeError,
            EOFError,
            pickle.UnpicklingError,
            zipfile.BadZipFile,
        ) as error:
            raise TrainingError(
                f'the checkpoint {path} cannot be read; delete it or train without --resume'
            ) from error
        if checkpoint.identity != identity:
            raise TrainingError(
                f'the checkpoint {path} is of another map or of other settings; give the same '
                'ones or train without --resume'
            )
        return checkpoint
