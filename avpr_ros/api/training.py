# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Train a query network for a map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from avpr_ros.api.drives import AnyMap, PathLike, open_map
from avpr_ros.errors import ConfigError
from avpr_ros.gallery.describer import Progress, no_progress

if TYPE_CHECKING:
    from avpr_ros.training.deliver import TrainResult


def train_query_network(
    maps: AnyMap | Sequence[AnyMap],
    output: PathLike,
    *,
    progress: Progress = no_progress,
    **settings: Any,
) -> TrainResult:
    """Train, calibrate and export a query network for a map, as ``avpr train`` does.

    Args:
        maps: the map or its folder, with thumbnails; several maps must share one descriptor
            space and show different places.
        output: the ONNX file; the manifest has the same name with ``.json``.
        progress: called with stage, done and total.
        **settings: fields of ``TrainSettings`` (``steps``, ``seed``, ``method``,
            ``query_network`` and others).

    Returns:
        ``output``, the path, and ``manifest``, with the held-out recall and the calibration.

    Raises:
        ConfigError: a setting is unknown or out of its range.
        TrainingError: no thumbnails, a loss that is not finite, or files that cannot be written.
        SpaceMismatchError: the default query network does not fit the descriptor space of a
            network of your own; give ``query_network='fast'``.
        MapError: a map is missing or damaged.
    """
    from avpr_ros.training import query_training
    from avpr_ros.training.settings import TrainSettings

    known = sorted(item.name for item in fields(TrainSettings))
    unknown = sorted(set(settings) - set(known))
    if unknown:
        raise ConfigError(f'unknown setting {unknown[0]}; there are {", ".join(known)}')
    listed = maps if isinstance(maps, Sequence) and not isinstance(maps, str) else [maps]
    opened = [open_map(item) for item in listed]
    return query_training.train_query_network(
        opened, Path(output), TrainSettings(**settings), progress
    )
