# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A foundation network as a ``ChunkDescriber``, for builds that are divided into shards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
import hashlib

import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import Descriptors, RgbImage
from avpr_ros.gallery.describer import Fitted, Parts
from avpr_ros.gallery.descriptor_space import DescriptorSpace
from avpr_ros.networks.describer import one_torch_thread
from avpr_ros.networks.foundation.describer import FoundationDescriber
from avpr_ros.networks.inference import TorchNetwork
from avpr_ros.runtime.preprocess import squash

_ROWS = 'rows'


class ChunkedFoundationDescriber(FoundationDescriber):
    """Describes images by torch alone, on a GPU where there is one.

    The plain build takes ONNX Runtime where that is faster, whose last bits are others.

    Attributes:
        sample_images: 0, as the network's own rows need no fit.
    """

    sample_images = 0

    def __init__(self, name: str, dim: int = 512, like: DescriptorSpace | None = None) -> None:
        """Load the weights; arguments and errors are those of ``FoundationDescriber``."""
        super().__init__(name, dim, like)
        self._run = TorchNetwork(self._net)

    def fingerprint(self) -> str:
        """See ``ChunkDescriber``."""
        return hashlib.sha256(f'{self._sha256} {self._net.input_px}'.encode()).hexdigest()

    def space_fingerprint(self) -> str:
        """See ``ChunkDescriber``."""
        return f'{self.dim} dimensions' if self._like is None else f'space {self._like.id}'

    @contextmanager
    def running(self) -> Iterator[None]:
        """See ``ChunkDescriber``."""
        with one_torch_thread():
            yield

    def prepare(self, image: RgbImage) -> RgbImage:
        """See ``ChunkDescriber``."""
        return squash(image, self._net.input_px)

    def parts(self, images: Sequence[RgbImage]) -> Parts:
        """See ``ChunkDescriber``."""
        return {_ROWS: self._run(np.stack(images)).astype(np.float32, copy=False)}

    def fit(self, sample: Parts) -> Fitted:
        """See ``ChunkDescriber``; nothing is fitted before all rows are there."""
        return {}

    def pool(self, parts: Parts, fitted: Fitted) -> NDArray[np.float32]:
        """See ``ChunkDescriber``."""
        return np.asarray(parts[_ROWS], dtype=np.float32)

    def shorten(
        self, rows: NDArray[np.float32], fitted: Fitted
    ) -> tuple[DescriptorSpace, Descriptors]:
        """See ``ChunkDescriber``."""
        return self._shortened(rows)
