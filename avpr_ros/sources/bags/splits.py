# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Storage files that are given one by one and belong to one recording."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from avpr_ros.errors import SourceError
from avpr_ros.sources.bags.recording import split_number
from avpr_ros.sources.bags.storage.opening import storage_suffix
from avpr_ros.sources.bags.time_spans import contiguous, file_span


def group_splits(paths: Sequence[Path]) -> list[tuple[Path, ...]]:
    """Group the splits of each recording, so that all share its transforms and cameras.

    Splits are storage files of one folder with one name and numbers that follow one another
    (``run_0.mcap``, ``run_1.mcap``), of which each begins when the one before ends. They are put
    in the order of their numbers: a shell gives ``run_10`` before ``run_9``.

    Returns:
        The paths in their order; other paths are groups of one.
    """
    runs: dict[object, list[Path]] = {}
    for place, path in enumerate(paths):
        runs.setdefault(_run(path) or place, []).append(path)
    groups: list[list[Path]] = []
    for files in runs.values():
        for number, path in enumerate(sorted(files, key=_number)):
            if number and _continues(groups[-1][-1], path):
                groups[-1].append(path)
            else:
                groups.append([path])
    groups.sort(key=lambda group: min(paths.index(path) for path in group))
    return [tuple(group) for group in groups]


def _run(path: Path) -> tuple[Path, str] | None:
    """Return folder and name of the recording that a split is of; None for other paths."""
    numbered = split_number(path) if path.is_file() and storage_suffix(path) else None
    return None if numbered is None else (path.parent, numbered[0])


def _number(path: Path) -> int:
    numbered = split_number(path)
    return 0 if numbered is None else numbered[1]


def _continues(first: Path, second: Path) -> bool:
    if _number(second) != _number(first) + 1:
        return False
    try:
        before, after = file_span(first), file_span(second)
    except SourceError:
        return False  # reported when the file is opened
    return after.begin_ns >= before.begin_ns and contiguous(before, after)
