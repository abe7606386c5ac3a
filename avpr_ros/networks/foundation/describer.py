# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Describes a whole gallery with a foundation network and shortens what it gives."""

from __future__ import annotations

from collections.abc import Callable, Iterable
import tempfile

import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import Descriptors, RgbImage
from avpr_ros.errors import ConfigError, MapError
from avpr_ros.gallery.describer import Progress
from avpr_ros.gallery.descriptor_space import BASIS, RECALL_COST, DescriptorSpace
from avpr_ros.networks.checkpoints.store import load_stored, stored_model
from avpr_ros.networks.extraction import Extraction, extraction_folder
from avpr_ros.networks.foundation.space import CHECKPOINT, FoundationGalleryNetwork
from avpr_ros.networks.inference import fastest
from avpr_ros.networks.projection import chunks, fit_basis, project_rows

#: Queries of the recall in the report, at most: 50 MB at 12,288 numbers.
_MAX_QUERIES = 1000


class FoundationDescriber:
    """The map builder's describer for networks of the model folder.

    Attributes:
        network: the name.
        dim: length of a descriptor at most; 0 keeps the network's own.
    """

    network: str
    dim: int

    def __init__(self, name: str, dim: int = 512, like: DescriptorSpace | None = None) -> None:
        """Load the weights.

        Args:
            name: of the network.
            dim: length of a descriptor at most; 0 keeps the network's own, and one query network
                serves every map.
            like: take the projection of this space rather than fit one, so that both maps share
                a space and a query network.

        Raises:
            ConfigError: ``dim`` is negative, or the weights are missing or damaged.
        """
        if dim < 0:
            raise ConfigError(f'dim is {dim}; use 1 or more (512 suits robots), or 0 for all')
        self.network = name
        self.dim = dim
        self._like = like
        self._sha256 = stored_model(name).sha256
        if like is not None and FoundationGalleryNetwork.checkpoint_of(like) != self._sha256:
            raise ConfigError(
                f'the map of --space-of was built with other weights of {name}; import the same '
                'file, or build without --space-of'
            )
        self._net = load_stored(name)
        self._net.fix_size()

    def describe_gallery(
        self,
        images: Callable[[], Iterable[RgbImage]],
        count: int,
        progress: Progress,
    ) -> tuple[DescriptorSpace, Descriptors]:
        """Describe the images once, then fit the projection on what came out.

        Holds a few batches of images; the long rows wait in a temporary file. A run that is cut
        off goes on where it was when it is started again.

        Args:
            images: walks over the gallery; called once.
            count: how many images a walk yields, at least 1.
            progress: called with stage, done, total.

        Returns:
            The space and (count, d) float32 unit rows.

        Raises:
            MapError: no images, or another number of them than announced.
        """
        if count < 1:
            raise MapError('there are no images to describe; check the source with --dry-run')
        px = self._net.input_px
        run = fastest(self._net, px, count)
        extraction = Extraction(run, extraction_folder(self._sha256), px)
        with tempfile.TemporaryFile() as stream:
            rows = np.memmap(stream, dtype=np.float32, mode='w+', shape=(count, self._net.dim))
            extraction.fill(rows, images(), progress)
            space, described = self._shortened(rows)
        extraction.forget()
        return space, described

    def _shortened(self, rows: NDArray[np.float32]) -> tuple[DescriptorSpace, Descriptors]:
        arrays: dict[str, NDArray[np.generic]] = {
            CHECKPOINT: np.frombuffer(bytes.fromhex(self._sha256), dtype=np.uint8)
        }
        # A map of the file: it lives on after the file has lost its name.
        described: Descriptors = rows
        if self._like is not None:
            arrays = dict(self._like.arrays)
            if BASIS in arrays:
                described = project_rows(rows, self._like.arrays[BASIS])
        elif 0 < self.dim < self._net.dim:
            basis = fit_basis(rows, self.dim)
            described = project_rows(rows, basis)
            arrays[BASIS] = basis
            arrays[RECALL_COST] = np.array(recall_with_and_without(rows, self.dim))
        dim = described.shape[1]
        return DescriptorSpace.create(self.network, dim, self._net.input_px, arrays), described


def recall_with_and_without(rows: NDArray[np.float32], dim: int) -> tuple[float, float]:
    """Measure the recall lost by the projection on images that it was not fitted to.

    Every second keyframe is a query against the others, to which alone the projection is fitted.
    A correct match is a keyframe next to the query in the order of the drive. Rows are read in
    chunks; of many queries an even sample is used.

    Returns:
        Recall@1 of the network's own descriptors and of the projected ones; NaN for fewer than
        four keyframes.
    """
    if len(rows) < 4:
        return float('nan'), float('nan')
    gallery, queries = rows[0::2], rows[1::2]
    basis = fit_basis(gallery, dim)
    short = project_rows(gallery, basis), project_rows(queries, basis)
    return _recall(gallery, queries), _recall(*short)


def _recall(gallery: NDArray[np.float32], queries: NDArray[np.float32]) -> float:
    place = np.linspace(0, len(queries) - 1, min(len(queries), _MAX_QUERIES)).astype(np.int64)
    best, nearest, start = np.full(len(place), -np.inf), np.zeros_like(place), 0
    sampled = queries[place]
    for part in chunks(gallery):
        scores = sampled @ part.T
        winner = scores.argmax(axis=1)
        score = scores[np.arange(len(place)), winner]
        nearest = np.where(score > best, start + winner, nearest)
        best = np.maximum(best, score)
        start += len(part)
    return float(((nearest == place) | (nearest == place + 1)).mean())
