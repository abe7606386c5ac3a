# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What the map builder takes in place of a network."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol, TypeAlias, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import Descriptors, RgbImage
from avpr_ros.errors import MapError
from avpr_ros.gallery.descriptor_space import DescriptorSpace

#: Called with the stage's name, how much is done and how much there is in all.
Progress: TypeAlias = Callable[[str, int, int], None]

#: What a network extracts from images before anything is fitted: (n, ...) arrays by name.
Parts: TypeAlias = Mapping[str, NDArray[Any]]
#: What is fitted to a sample of them, by name.
Fitted: TypeAlias = Mapping[str, NDArray[Any]]

#: Images that a network processes at a time.
BATCH = 8

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


@runtime_checkable
class ChunkDescriber(Protocol):
    """A describer whose work divides into chunks of images, with the same result in any division.

    The network extracts the parts of each image; a sample of them is fitted, all parts are pooled
    into long rows by what was fitted, and the long rows are shortened together.

    Attributes:
        network: name of the gallery network.
        sample_images: how many images the fit needs at most; 0: nothing is fitted.
    """

    @property
    def network(self) -> str: ...  # noqa: D102

    @property
    def sample_images(self) -> int: ...  # noqa: D102

    def fingerprint(self) -> str:
        """Return a hash of all that the parts of an image depend on: weights and input."""
        ...

    def space_fingerprint(self) -> str:
        """Return a hash of all settings that the space depends on beside the parts."""
        ...

    def running(self) -> AbstractContextManager[object]:
        """Return a context in which one thread computes each batch, whatever the machine has."""
        ...

    def prepare(self, image: RgbImage) -> RgbImage:
        """Reduce an image to what the network takes."""
        ...

    def parts(self, images: Sequence[RgbImage]) -> Parts:
        """Extract the parts of at most ``BATCH`` prepared images; may be called in threads."""
        ...

    def fit(self, sample: Parts) -> Fitted:
        """Fit what pooling needs, to the parts of the sample."""
        ...

    def pool(self, parts: Parts, fitted: Fitted) -> NDArray[np.float32]:
        """Return (n, D) long rows of n images."""
        ...

    def shorten(
        self, rows: NDArray[np.float32], fitted: Fitted
    ) -> tuple[DescriptorSpace, Descriptors]:
        """Return the space and (N, d) unit rows.

        Args:
            rows: (N, D) of all images, may be a memory map.
            fitted: by ``fit``.
        """
        ...


def checked_rows(
    network: str, space: DescriptorSpace, described: Descriptors, count: int
) -> NDArray[np.float16]:
    """Refuse rows that a search could not rank; return them as float16. Raises ``MapError``."""
    if described.shape != (count, space.dim):
        raise MapError(
            f'gallery network {network} gave descriptors of shape {described.shape}, '
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
            f'gallery network {network} gave {bad.size} descriptors that are not of '
            f'length 1, the first for keyframe {bad[0]}; use another gallery network'
        )
    return rows
