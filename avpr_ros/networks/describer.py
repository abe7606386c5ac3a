# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Fits a descriptor space to a gallery and describes it with an embedded network."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import islice
import tempfile

import numpy as np
from numpy.typing import NDArray
import torch

from avpr_ros.arrays import Descriptors, RgbImage, evenly
from avpr_ros.errors import ConfigError, MapError
from avpr_ros.gallery.describer import Progress
from avpr_ros.gallery.descriptor_space import DescriptorSpace
from avpr_ros.networks.embedded_kinds import EMBEDDED_KINDS
from avpr_ros.networks.fitted_parts import join_parts, space_arrays
from avpr_ros.networks.gallery_network import image_batches
from avpr_ros.networks.local_features import LocalFeatures
from avpr_ros.networks.projection import fit_joint_basis, project_rows
from avpr_ros.networks.vlad import hard_vlad
from avpr_ros.networks.vocabulary import fit_vocabulary

#: More images or features than this add time to the vocabulary, not quality.
_VOCABULARY_IMAGES, _FEATURES_OF_AN_IMAGE = 256, 400


class EmbeddedDescriber:
    """The map builder's describer for ``embedded`` and ``embedded-light``.

    Attributes:
        network: the name.
        dim: length of a descriptor at most; a map of fewer images has shorter ones.
    """

    network: str
    dim: int

    def __init__(self, network: str, dim: int = 512) -> None:
        """Load the networks of the parts.

        Raises:
            ConfigError: ``dim`` is not positive, or the weights are not installed.
        """
        if dim < 1:
            raise ConfigError(f'dim is {dim}; use 1 or more (512 suits robots)')
        self.network = network
        self.dim = dim
        self._kind = EMBEDDED_KINDS[network]
        self._local_features = LocalFeatures(self._kind)

    def describe_gallery(
        self,
        images: Callable[[], Iterable[RgbImage]],
        count: int,
        progress: Progress,
    ) -> tuple[DescriptorSpace, Descriptors]:
        """Fit vocabularies and projection on the images, then describe them.

        Holds one batch of images and the Gram matrices of the projection; the long rows wait in a
        temporary file of up to 48 kB an image.

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
        vocabularies = self._fit_vocabularies(images(), count, progress)
        sizes = [words.size for words in vocabularies]
        weights = np.full(len(sizes), 1 / len(sizes), np.float32)
        with tempfile.TemporaryFile() as stream:
            rows = np.memmap(stream, dtype=np.float32, mode='w+', shape=(count, sum(sizes)))
            self._fill(rows, images(), vocabularies, weights, progress)
            progress('projection', 0, 1)
            basis = fit_joint_basis(rows, sizes, self.dim)
            descriptors = project_rows(rows, basis)
            progress('projection', 1, 1)
        arrays = space_arrays(vocabularies, weights, basis)
        space = DescriptorSpace.create(self.network, basis.shape[1], self._kind.input_px, arrays)
        return space, descriptors

    def _fit_vocabularies(
        self, images: Iterable[RgbImage], count: int, progress: Progress
    ) -> list[NDArray[np.float32]]:
        step = -(-count // _VOCABULARY_IMAGES)
        total = -(-count // step)
        features: list[list[NDArray[np.float32]]] = [[] for _ in self._kind.parts]
        done = 0
        for batch in image_batches(islice(images, 0, None, step), self._kind.input_px):
            with torch.inference_mode():
                for of_part, found in zip(features, self._local_features(batch), strict=True):
                    kept = evenly(found.shape[1], _FEATURES_OF_AN_IMAGE)
                    of_part.append(found[:, kept].flatten(0, 1).numpy())
            done += len(batch)
            progress('vocabulary', done, total)
        return [
            fit_vocabulary(np.concatenate(of_part), part.words)
            for of_part, part in zip(features, self._kind.parts, strict=True)
        ]

    def _fill(
        self,
        rows: NDArray[np.float32],
        images: Iterable[RgbImage],
        vocabularies: Sequence[NDArray[np.float32]],
        weights: NDArray[np.float32],
        progress: Progress,
    ) -> None:
        words = [torch.from_numpy(vocabulary) for vocabulary in vocabularies]
        done = 0
        for batch in image_batches(images, self._kind.input_px):
            if done + len(batch) > len(rows):
                raise MapError(
                    f'the source has more than the expected {len(rows)} images; do not change it '
                    'while a map is built'
                )
            with torch.inference_mode():
                local = self._local_features(batch)
                vlads = [hard_vlad(*of_part) for of_part in zip(local, words, strict=True)]
                joined = join_parts(vlads, torch.from_numpy(weights))
                rows[done : done + len(batch)] = joined.numpy()
            done += len(batch)
            progress('descriptors', done, len(rows))
        if done < len(rows):
            raise MapError(
                f'the source has {done} images instead of the expected {len(rows)}; do not change '
                'it while a map is built'
            )
