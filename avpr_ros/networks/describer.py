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

from avpr_ros.arrays import Descriptors, RgbImage, evenly
from avpr_ros.errors import ConfigError, MapError, SpaceMismatchError
from avpr_ros.gallery.describer import BATCH, Fitted, Parts, Progress
from avpr_ros.gallery.descriptor_space import BASE, BASIS, DescriptorSpace
from avpr_ros.networks.embedded.dense_features import DenseFeatures
from avpr_ros.networks.embedded.fitted_parts import (
    WEIGHTS,
    FittedParts,
    join_parts,
    space_arrays,
    vocabulary_name,
)
from avpr_ros.networks.embedded.fixed_space import fixed_space
from avpr_ros.networks.embedded.kinds import EMBEDDED_KINDS
from avpr_ros.networks.projection import fit_joint_basis, project_rows
from avpr_ros.networks.vlad import hard_vlad
from avpr_ros.networks.vocabulary import fit_vocabulary
from avpr_ros.runtime.preprocess import squash

#: More images, and more features of an image, add time to a vocabulary, not quality.
_VOCABULARY_IMAGES, _VOCABULARY_FEATURES = 256, 400


class EmbeddedDescriber:
    """The map builder's describer for networks of the embedded kind; a ``ChunkDescriber``.

    Attributes:
        network: the name.
        dim: length of a descriptor at most; a map of fewer images has shorter ones.
        sample_images: how many images the vocabulary is fitted to, at most; 0 where it is given.
    """

    network: str
    dim: int
    sample_images: int

    def __init__(self, network: str, dim: int = 512, like: DescriptorSpace | None = None) -> None:
        """Load the networks of the parts.

        Args:
            network: the name.
            dim: length of a descriptor at most.
            like: take vocabularies and projection of this space rather than fit them, so that
                both maps share a space and a query network.

        Raises:
            ConfigError: ``dim`` is not positive, the weights are not installed, or the file of
                the fixed space is damaged.
            SpaceMismatchError: ``like`` is of another network.
        """
        if dim < 1:
            raise ConfigError(f'dim is {dim}; use 1 or more (512 suits robots)')
        self.network = network
        self.dim = dim
        self._kind = EMBEDDED_KINDS[network]
        self._given = _given_space(network, like)
        self.sample_images = _VOCABULARY_IMAGES if self._given is None else 0
        self._dense_features = DenseFeatures(self._kind)
        self._names = [f'features_{number}' for number in range(len(self._kind.parts))]

    def fingerprint(self) -> str:
        """See ``ChunkDescriber``."""
        sizes_px = [part.input_px for part in self._kind.parts]
        return fingerprint_of(self._dense_features, f'{self.network} {sizes_px}')

    def space_fingerprint(self) -> str:
        """See ``ChunkDescriber``."""
        if self._given is not None:
            return f'space {self._given.id}, {self.dim} dimensions'
        words = [part.words for part in self._kind.parts]
        return f'{words} words, {self.dim} dimensions'

    @contextmanager
    def running(self) -> Iterator[None]:
        """See ``ChunkDescriber``."""
        with one_torch_thread():
            yield

    def prepare(self, image: RgbImage) -> RgbImage:
        """See ``ChunkDescriber``."""
        return squash(image, self._kind.input_px)

    def parts(self, images: Sequence[RgbImage]) -> Parts:
        """See ``ChunkDescriber``; (n, cells, C) float32 unit local features of each part."""
        torch.set_num_threads(1)  # of this thread: the products' last bits depend on it
        with torch.inference_mode():
            features = self._dense_features(torch.from_numpy(np.stack(images)))
        return {name: of_part.numpy() for name, of_part in zip(self._names, features, strict=True)}

    def fit(self, sample: Parts) -> Fitted:
        """See ``ChunkDescriber``; raises ``MapError`` for fewer features than words."""
        if self._given is not None:
            names = map(vocabulary_name, range(len(self._names)))
            return {name: self._given.arrays[name] for name in names}
        fitted: dict[str, NDArray[np.float32]] = {}
        for number, (name, part) in enumerate(zip(self._names, self._kind.parts, strict=True)):
            features = sample[name]
            some = features[:, evenly(features.shape[1], _VOCABULARY_FEATURES)]
            rows = some.reshape(-1, features.shape[-1])
            fitted[vocabulary_name(number)] = fit_vocabulary(rows, part.words)
        return fitted

    def pool(self, parts: Parts, fitted: Fitted) -> NDArray[np.float32]:
        """See ``ChunkDescriber``."""
        torch.set_num_threads(1)
        vlads = []
        for name, words in zip(self._names, self._vocabularies(fitted), strict=True):
            features = torch.from_numpy(np.array(parts[name]))
            vocabulary = torch.from_numpy(np.array(words))
            batches = [hard_vlad(batch, vocabulary) for batch in torch.split(features, BATCH)]
            vlads.append(torch.cat(batches))
        rows: NDArray[np.float32] = join_parts(vlads, torch.from_numpy(self._weights())).numpy()
        return rows

    def shorten(
        self, rows: NDArray[np.float32], fitted: Fitted
    ) -> tuple[DescriptorSpace, Descriptors]:
        """See ``ChunkDescriber``."""
        given = self._given
        if given is not None and BASIS in given.arrays:
            return given, project_rows(rows, given.arrays[BASIS])
        vocabularies = self._vocabularies(fitted)
        basis = fit_joint_basis(rows, [words.size for words in vocabularies], self.dim)
        arrays = dict(space_arrays(vocabularies, self._weights(), basis))
        if given is not None:
            arrays[BASE] = np.frombuffer(bytes.fromhex(given.id), dtype=np.uint8)
        space = DescriptorSpace.create(self.network, basis.shape[1], self._kind.input_px, arrays)
        return space, project_rows(rows, basis)

    def _vocabularies(self, fitted: Fitted) -> list[NDArray[np.float32]]:
        return [fitted[vocabulary_name(number)] for number in range(len(self._names))]

    def _weights(self) -> NDArray[np.float32]:
        if self._given is not None and WEIGHTS in self._given.arrays:
            return np.asarray(self._given.arrays[WEIGHTS])
        return np.full(len(self._names), 1 / len(self._names), np.float32)

    def describe_gallery(
        self,
        images: Callable[[], Iterable[RgbImage]],
        count: int,
        progress: Progress,
    ) -> tuple[DescriptorSpace, Descriptors]:
        """Fit vocabulary and projection on the images, then describe them.

        Holds one batch of images and the Gram matrix of the projection; the long rows wait in a
        temporary file of up to 46 kB an image.

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
            fitted = self.fit(self._sample(images, count))
            progress('vocabulary', 1, 1)
            shape = (count, sum(words.size for words in self._vocabularies(fitted)))
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

    def _sample(self, images: Callable[[], Iterable[RgbImage]], count: int) -> Parts:
        if not self.sample_images:
            return {}
        step = -(-count // self.sample_images)
        sample = list(self._walk(islice(images(), 0, None, step), -(-count // step)))
        return {name: np.concatenate([parts[name] for parts in sample]) for name in self._names}

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


def _given_space(network: str, like: DescriptorSpace | None) -> DescriptorSpace | None:
    """Return the space whose vocabularies are used; None where they are fitted to the map."""
    if like is None:
        return fixed_space() if EMBEDDED_KINDS[network].fixed else None
    if like.network != network:
        raise SpaceMismatchError(
            f'the map of --space-of is of gallery network {like.network} and {network} is chosen; '
            f'use --gallery-network {like.network}, or leave --space-of out'
        )
    FittedParts.from_space(like, len(EMBEDDED_KINDS[network].parts))  # refuses missing arrays
    return like


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
