# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Fits a descriptor space to a gallery and describes it with an embedded network."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
import hashlib
from itertools import islice
import tempfile

import numpy as np
from numpy.typing import NDArray
import torch
from torch import nn

from avpr_ros.arrays import Descriptors, RgbImage
from avpr_ros.errors import ConfigError, MapError
from avpr_ros.gallery.describer import BATCH, Fitted, Parts, Progress
from avpr_ros.gallery.descriptor_space import DescriptorSpace
from avpr_ros.networks.backbone import Backbone
from avpr_ros.networks.gallery_network import BASIS, EMBEDDED_KINDS, VOCABULARY
from avpr_ros.networks.projection import fit_basis, project_rows
from avpr_ros.networks.vlad import hard_vlad, unit_features
from avpr_ros.networks.vocabulary import fit_vocabulary
from avpr_ros.runtime.preprocess import squash

#: More images than this add time to the vocabulary, not quality.
_VOCABULARY_IMAGES = 256
#: Name of the only part: (n, cells, C) float32 unit local features.
_FEATURES = 'features'


class EmbeddedDescriber:
    """The map builder's describer for ``embedded`` and ``embedded-light``; a ``ChunkDescriber``.

    Attributes:
        network: the name.
        dim: length of a descriptor at most; a map of fewer images has shorter ones.
        sample_images: how many images the vocabulary is fitted to, at most.
    """

    network: str
    dim: int
    sample_images = _VOCABULARY_IMAGES

    def __init__(self, network: str, dim: int = 512) -> None:
        """Load the backbone.

        Raises:
            ConfigError: ``dim`` is not positive, or the weights are not installed.
        """
        if dim < 1:
            raise ConfigError(f'dim is {dim}; use 1 or more (512 suits robots)')
        self.network = network
        self.dim = dim
        self._kind = EMBEDDED_KINDS[network]
        self._backbone = Backbone(self._kind.backbone).requires_grad_(False)

    def fingerprint(self) -> str:
        """See ``ChunkDescriber``."""
        return fingerprint_of(self._backbone, f'{self.network} {self._kind.input_px}')

    def space_fingerprint(self) -> str:
        """See ``ChunkDescriber``."""
        return f'{self._kind.words} words, {self.dim} dimensions'

    @contextmanager
    def running(self) -> Iterator[None]:
        """See ``ChunkDescriber``."""
        with one_torch_thread():
            yield

    def prepare(self, image: RgbImage) -> RgbImage:
        """See ``ChunkDescriber``."""
        return squash(image, self._kind.input_px)

    def parts(self, images: Sequence[RgbImage]) -> Parts:
        """See ``ChunkDescriber``."""
        torch.set_num_threads(1)  # of this thread: the products' last bits depend on it
        with torch.inference_mode():
            features = unit_features(self._backbone(torch.from_numpy(np.stack(images))))
        return {_FEATURES: features.numpy()}

    def fit(self, sample: Parts) -> Fitted:
        """See ``ChunkDescriber``; raises ``MapError`` for fewer features than words."""
        features = sample[_FEATURES]
        flat = features.reshape(-1, features.shape[-1])
        return {VOCABULARY: fit_vocabulary(flat, self._kind.words)}

    def pool(self, parts: Parts, fitted: Fitted) -> NDArray[np.float32]:
        """See ``ChunkDescriber``."""
        torch.set_num_threads(1)
        words = torch.from_numpy(np.array(fitted[VOCABULARY]))
        features = torch.from_numpy(np.array(parts[_FEATURES]))
        batches = [hard_vlad(batch, words) for batch in torch.split(features, BATCH)]
        rows: NDArray[np.float32] = torch.cat(batches).numpy()
        return rows

    def shorten(
        self, rows: NDArray[np.float32], fitted: Fitted
    ) -> tuple[DescriptorSpace, Descriptors]:
        """See ``ChunkDescriber``."""
        basis = fit_basis(rows, self.dim)
        arrays = {**fitted, BASIS: basis}
        space = DescriptorSpace.create(self.network, basis.shape[1], self._kind.input_px, arrays)
        return space, project_rows(rows, basis)

    def describe_gallery(
        self,
        images: Callable[[], Iterable[RgbImage]],
        count: int,
        progress: Progress,
    ) -> tuple[DescriptorSpace, Descriptors]:
        """Fit vocabulary and projection on the images, then describe them.

        Holds one batch of images and the Gram matrix of the projection; the long rows wait in a
        temporary file of 15 kB an image.

        Args:
            images: walks over the gallery; called twice.
            count: how many images a walk yields, at least 1.
            progress: called with stage, done, total.

        Returns:
            The fitted space and (count, d) float32 unit rows.

        Raises:
            MapError: no images, or another number of them than announced.
        """
        if count < 1:
            raise MapError('there are no images to describe; check the source with --dry-run')
        with self.running(), tempfile.TemporaryFile() as stream:
            step = -(-count // self.sample_images)
            sample = [
                parts[_FEATURES]
                for parts in self._walk(islice(images(), 0, None, step), -(-count // step))
            ]
            fitted = self.fit({_FEATURES: np.concatenate(sample)})
            progress('vocabulary', 1, 1)
            shape = (count, fitted[VOCABULARY].size)
            rows = np.memmap(stream, dtype=np.float32, mode='w+', shape=shape)
            done = 0
            for parts in self._walk(images(), count):
                pooled = self.pool(parts, fitted)
                rows[done : done + len(pooled)] = pooled
                done += len(pooled)
                progress('descriptors', done, count)
            space, described = self.shorten(rows, fitted)
            progress('projection', 1, 1)
        return space, described

    def _walk(self, images: Iterable[RgbImage], count: int) -> Iterator[Parts]:
        done = 0
        squares = (self.prepare(image) for image in images)
        while batch := list(islice(squares, BATCH)):
            done += len(batch)
            if done > count:
                raise MapError(
                    f'the source has more than the expected {count} images; do not change it '
                    'while a map is built'
                )
            yield self.parts(batch)
        if done < count:
            raise MapError(
                f'the source has {done} images instead of the expected {count}; do not change it '
                'while a map is built'
            )


@contextmanager
def one_torch_thread() -> Iterator[None]:
    """Let torch use one thread: the last bits of its results depend on their number."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def fingerprint_of(network: nn.Module, settings: str) -> str:
    """Return the sha256 of a network's weights and settings as 64 hex digits."""
    digest = hashlib.sha256(settings.encode())
    for name, tensor in sorted(network.state_dict().items()):
        digest.update(f'{name} {tuple(tensor.shape)}'.encode())
        digest.update(tensor.cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()
