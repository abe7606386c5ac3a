# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Fits a descriptor space to a gallery and describes it with an embedded network."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice
import tempfile

import numpy as np
from numpy.typing import NDArray
import torch

from avpr_ros.arrays import Descriptors, RgbImage
from avpr_ros.errors import ConfigError, MapError
from avpr_ros.gallery.describer import Progress
from avpr_ros.gallery.descriptor_space import DescriptorSpace
from avpr_ros.networks.backbone import Backbone
from avpr_ros.networks.gallery_network import BASIS, EMBEDDED_KINDS, VOCABULARY, image_batches
from avpr_ros.networks.projection import fit_basis, project_rows
from avpr_ros.networks.vlad import hard_vlad, unit_features
from avpr_ros.networks.vocabulary import fit_vocabulary

#: More images than this add time to the vocabulary, not quality.
_VOCABULARY_IMAGES = 256


class EmbeddedDescriber:
    """The map builder's describer for ``embedded`` and ``embedded-light``.

    Attributes:
        network: the name.
        dim: length of a descriptor at most; a map of fewer images has shorter ones.
    """

    network: str
    dim: int

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
        vocabulary = self._fit_vocabulary(images(), count, progress)
        with tempfile.TemporaryFile() as stream:
            rows = np.memmap(stream, dtype=np.float32, mode='w+', shape=(count, vocabulary.size))
            self._fill(rows, images(), vocabulary, progress)
            progress('projection', 0, 1)
            basis = fit_basis(rows, self.dim)
            descriptors = project_rows(rows, basis)
            progress('projection', 1, 1)
        arrays = {VOCABULARY: vocabulary, BASIS: basis}
        space = DescriptorSpace.create(self.network, basis.shape[1], self._kind.input_px, arrays)
        return space, descriptors

    def _fit_vocabulary(
        self, images: Iterable[RgbImage], count: int, progress: Progress
    ) -> NDArray[np.float32]:
        step = -(-count // _VOCABULARY_IMAGES)
        total = -(-count // step)
        features: list[NDArray[np.float32]] = []
        done = 0
        for batch in image_batches(islice(images, 0, None, step), self._kind.input_px):
            with torch.inference_mode():
                local = unit_features(self._backbone(batch)).flatten(0, 1)
            features.append(local.numpy())
            done += len(batch)
            progress('vocabulary', done, total)
        return fit_vocabulary(np.concatenate(features), self._kind.words)

    def _fill(
        self,
        rows: NDArray[np.float32],
        images: Iterable[RgbImage],
        vocabulary: NDArray[np.float32],
        progress: Progress,
    ) -> None:
        words = torch.from_numpy(vocabulary)
        done = 0
        for batch in image_batches(images, self._kind.input_px):
            if done + len(batch) > len(rows):
                raise MapError(
                    f'the source has more than the expected {len(rows)} images; do not change it '
                    'while a map is built'
                )
            with torch.inference_mode():
                local = unit_features(self._backbone(batch))
                rows[done : done + len(batch)] = hard_vlad(local, words).numpy()
            done += len(batch)
            progress('descriptors', done, len(rows))
        if done < len(rows):
            raise MapError(
                f'the source has {done} images instead of the expected {len(rows)}; do not change '
                'it while a map is built'
            )
