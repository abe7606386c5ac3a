# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What the map builder takes in place of a network."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol, TypeAlias

from avpr_ros.arrays import Descriptors, RgbImage
from avpr_ros.gallery.space import DescriptorSpace

#: Called with the stage's name, how much is done and how much there is in all.
Progress: TypeAlias = Callable[[str, int, int], None]


def no_progress(stage: str, done: int, total: int) -> None:
    """Take progress reports and drop them."""


class Describer(Protocol):
    """Turns gallery images into descriptors, fitting what its space needs on the way.

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
