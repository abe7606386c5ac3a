# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Descriptor space of a map, fitted to a sample of its images, and the descriptors of all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
import tempfile
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import Descriptors
from avpr_ros.gallery.describer import ChunkDescriber, Fitted, Parts, Progress
from avpr_ros.gallery.descriptor_space import DescriptorSpace
from avpr_ros.mapping.stages.keyframe_stage import joined

#: Returns the parts of a chunk by its number.
ReadParts: TypeAlias = Callable[[int], Parts]
#: Returns the long rows of a chunk by its number.
ReadRows: TypeAlias = Callable[[int], NDArray[np.float32]]


def fit_space(describer: ChunkDescriber, counts: Sequence[int], read_parts: ReadParts) -> Fitted:
    """Fit what a space of the map's own needs, to an even sample of all keyframes.

    Args:
        describer: of the gallery.
        counts: keyframes of each chunk, in the order of the map.
        read_parts: of a chunk.
    """
    if not describer.sample_images:
        return describer.fit({})
    step = -(-sum(counts) // describer.sample_images)
    sample: list[Parts] = []
    for number, first, count in _spans(counts):
        rows = np.arange(-first % step, count, step)
        if len(rows):
            parts = read_parts(number)
            sample.append({name: part[rows] for name, part in parts.items()})
    return describer.fit(joined(sample))


def described_rows(
    describer: ChunkDescriber,
    fitted: Fitted,
    counts: Sequence[int],
    read_rows: ReadRows,
    folder: Path,
    progress: Progress,
) -> tuple[DescriptorSpace, Descriptors]:
    """Return the space and the (N, d) descriptors of all keyframes, in the order of the map.

    The long rows wait in a temporary file.

    Args:
        describer: of the gallery.
        fitted: by ``fit_space``.
        counts: keyframes of each chunk.
        read_rows: of a chunk.
        folder: of the temporary file.
        progress: called with stage, done and total.
    """
    total = sum(counts)
    with tempfile.TemporaryFile(dir=folder) as stream:
        rows: NDArray[np.float32] | None = None
        for number, first, count in _spans(counts):
            own = read_rows(number)
            if rows is None:
                shape = (total, own.shape[1])
                rows = np.memmap(stream, dtype=np.float32, mode='w+', shape=shape)
            rows[first : first + count] = own
            progress('pooling', first + count, total)
        assert rows is not None
        progress('projection', 0, 1)
        space, described = describer.shorten(rows, fitted)
        progress('projection', 1, 1)
    return space, described


def _spans(counts: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    """Yield number, first row and size of each chunk that has keyframes."""
    first = 0
    for number, count in enumerate(counts):
        if count:
            yield number, first, count
        first += count
