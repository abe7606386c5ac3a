# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Describes further images in a descriptor space that is fixed: that of an existing map."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice

import numpy as np

from avpr_ros.arrays import Descriptors, RgbImage
from avpr_ros.errors import MapError
from avpr_ros.gallery.describer import Progress
from avpr_ros.gallery.descriptor_space import DescriptorSpace
from avpr_ros.networks.registry import load_gallery_network

_BATCH = 8


class SpaceDescriber:
    """The map builder's describer for an existing descriptor space.

    Attributes:
        network: name of the space's gallery network.
    """

    network: str

    def __init__(self, space: DescriptorSpace) -> None:
        """Load the network of a space.

        Raises:
            SpaceMismatchError: no network of this package makes this space.
        """
        self.network = space.network
        self._space = space
        self._gallery_network = load_gallery_network(space)

    def describe_gallery(
        self, images: Callable[[], Iterable[RgbImage]], count: int, progress: Progress
    ) -> tuple[DescriptorSpace, Descriptors]:
        """See ``Describer``; the space is returned unchanged.

        Raises:
            MapError: the number of images differs from ``count``.
        """
        rows: list[Descriptors] = []
        done, walk = 0, iter(images())
        while batch := list(islice(walk, _BATCH)):
            rows.append(self._gallery_network.describe(batch))
            done += len(batch)
            progress('descriptors', done, count)
        if done != count:
            raise MapError(
                f'the source has {done} images instead of the expected {count}; do not change it '
                'while a map is built'
            )
        return self._space, np.concatenate(rows)
