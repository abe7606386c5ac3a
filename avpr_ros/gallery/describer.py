# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What the map builder takes in place of a network."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import Descriptors, RgbImage
from avpr_ros.errors import MapError
from avpr_ros.gallery.descriptor_space import DescriptorSpace

#: Called with the stage's name, how much is done and how much there is in all.
Progress: TypeAlias = Callable[[str, int, int], None]

#: Rows that are checked at a time.
_BLOCK = 4096


def no_progress(stage: str, done: int, total: int) -> None:
    """Take progress reports and drop them."""


class Describer(Protocol):
    """Computes descriptors of gallery images, and fits its descriptor space where needed.

    Attributes:
        network: name of the gallery network.
    """

    @property
    def network(self) -> str: ...  # noqa: D102

    def describe_gallery(
        self,
        images: Callable[[], Iterable[RgbImage]],
        count: int,
        progress: Progress,
    ) -> tuple[DescriptorSpace, Descriptors]:
        """Describe all gallery images.

        Args:
            images: each call walks over the same images from the start, in the same order, one
                decoded at a time; the walk may be made more than once (fit, then describe).
            count: how many images a walk yields.
            progress: called with stage, done and total.

        Returns:
            The space, and (count, d) float32 descriptors with rows of length 1.
        """
        ...


def checked_rows(
    describer: Describer, space: DescriptorSpace, described: Descriptors, count: int
) -> NDArray[np.float16]:
    """Refuse rows that a search could not rank; return them as float16. Raises ``MapError``."""
    if described.shape != (count, space.dim):
        raise MapError(
            f'gallery network {describer.network} gave descriptors of shape {described.shape}, '
            f'expected ({count}, {space.dim}); use another gallery network'
        )
    rows = np.empty(described.shape, np.float16)
    lengths = np.empty(count, np.float32)
    for start in range(0, count, _BLOCK):  # a large map fits into memory once, not thrice
        block = slice(start, start + _BLOCK)
        lengths[block] = np.linalg.norm(described[block].astype(np.float32, copy=False), axis=1)
        rows[block] = described[block]
    bad = np.flatnonzero(~(np.abs(lengths - 1) < 1e-2))
    if bad.size:
        raise MapError(
            f'gallery network {describer.network} gave {bad.size} descriptors that are not of '
            f'length 1, the first for keyframe {bad[0]}; use another gallery network'
        )
    return rows
