# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Learning curves as CSV."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
import csv
import io
from pathlib import Path

from avpr_ros.errors import TrainingError
from avpr_ros.storage.files import write_text_atomically

COLUMNS = ('step', 'loss', 'held_out_loss')


def write_curve(history: Sequence[Mapping[str, float]], path: Path) -> None:
    """Write one line a checkpoint; the loss is the mean since the checkpoint before.

    Raises:
        TrainingError: the file cannot be written.
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator='\n')
    writer.writeheader()
    writer.writerows(history)
    try:
        write_text_atomically(path, text.getvalue())
    except OSError as error:
        raise TrainingError(
            f'the learning curves {path} cannot be written ({error.strerror}); free disk space, '
            'then continue with --resume'
        ) from error


def is_curve(path: Path) -> bool:
    """Return whether a file has the first line that ``write_curve`` writes."""
    try:
        with path.open('rb') as stream:
            return stream.readline(100).rstrip() == ','.join(COLUMNS).encode()
    except OSError:
        return False
