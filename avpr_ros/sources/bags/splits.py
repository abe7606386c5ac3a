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
    (``run_0.mcap``, ``run_1.mcap``), of which each begins when the one before ends.

    Returns:
        The paths in their order; other paths are groups of one.
    """
    groups: list[list[Path]] = []
    for path in paths:
        if groups and _continues(groups[-1][-1], path):
            groups[-1].append(path)
        else:
            groups.append([path])
    return [tuple(group) for group in groups]


def _continues(first: Path, second: Path) -> bool:
    if not all(path.is_file() and storage_suffix(path) for path in (first, second)):
        return False
    numbers = split_number(first), split_number(second)
    if first.parent != second.parent or numbers[0] is None or numbers[1] is None:
        return False
    if numbers[0][0] != numbers[1][0] or numbers[1][1] != numbers[0][1] + 1:
        return False
    try:
        before, after = file_span(first), file_span(second)
    except SourceError:
        return False  # reported when the file is opened
    return after.begin_ns >= before.begin_ns and contiguous(before, after)
