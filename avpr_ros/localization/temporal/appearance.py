# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The descriptors that the Bayes filter compares: the learned one, and HOG where there is one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import FloatArray, IntArray
from avpr_ros.gallery.gallery import Gallery
from avpr_ros.gallery.hog import HogDescriptors
from avpr_ros.localization.query import Query
from avpr_ros.localization.temporal.running_mean import RunningMean
from avpr_ros.localization.temporal.settings import SequenceSettings

#: Leading directions of the learned descriptor that are compared.
_DIM = 128
#: Longer descriptors are compared as they are: their directions would take long to find.
_MAX_PROJECTED_DIM = 1024


@dataclass(frozen=True, eq=False)
class DescriptorChannel:
    """One kind of descriptor of a map, centred and normalised.

    Attributes:
        rows: (N, k) float32 about the map's mean, of length 1.
        mean: (d,) subtracted from a query first; None where its projection is centred already.
        basis: (d, k) that it is projected with then; None as for ``mean``.
        novelty: median of 1 - cosine between rows that follow each other.
        spread: standard deviation of the similarities between keyframes.
    """

    rows: NDArray[np.float32]
    mean: FloatArray | None
    basis: FloatArray | None
    novelty: float
    spread: float

    @classmethod
    def from_centred(
        cls,
        rows: NDArray[np.float32],
        mean: FloatArray | None = None,
        basis: FloatArray | None = None,
    ) -> DescriptorChannel:
        """Normalise (N, k) rows that are centred."""
        rows = _unit(rows)
        size = len(rows)
        cosines = np.einsum('ij,ij->i', rows[1:], rows[:-1])
        novelty = float(np.median(1 - cosines)) if size > 1 else 1.0
        # Sums over all pairs of two keyframes, without the N x N similarities.
        pairs = max(size * (size - 1), 1)
        squares = (float(np.square(rows.T @ rows, dtype=np.float64).sum()) - size) / pairs
        middle = (float(np.square(rows.sum(axis=0), dtype=np.float64).sum()) - size) / pairs
        spread = np.sqrt(max(squares - middle**2, 1e-6))
        return cls(rows, mean, basis, max(novelty, 1e-3), float(spread))

    @classmethod
    def from_descriptors(cls, descriptors: NDArray[np.float32]) -> DescriptorChannel:
        """Centre (N, d) descriptors and project them on their principal directions."""
        mean = descriptors.mean(axis=0)
        centred = descriptors - mean
        if centred.shape[1] > _MAX_PROJECTED_DIM or centred.shape[1] <= _DIM:
            return cls.from_centred(centred, mean.astype(np.float64))
        basis = np.linalg.eigh(centred.T @ centred)[1][:, : -_DIM - 1 : -1]
        return cls.from_centred(centred @ basis, mean.astype(np.float64), basis.astype(np.float64))

    def project(self, descriptor: FloatArray) -> FloatArray:
        """Return (k,) numbers of a query, comparable with ``rows`` but for the length."""
        if self.mean is None:
            return descriptor
        about = descriptor - self.mean
        return about if self.basis is None else about @ self.basis


class RunningNormalizer:
    """Subtracts the running mean of a camera's drive from one kind of descriptor."""

    def __init__(
        self,
        start: FloatArray,
        novelty: float,
        settings: SequenceSettings,
        reach: float = np.inf,
        least_new: float = 0.0,
    ) -> None:
        """Set up.

        Args:
            start: (k,) mean of the map.
            novelty: 1 - cosine, about the mean, from which on an image counts as a new one.
            settings: weight and memory of the mean.
            reach: as for ``RunningMean``.
            least_new: share of the novelty below which an image is compared with, but not counted:
                however long a robot stands, noise alone does not move the mean.
        """
        self._novelty = novelty
        self._mean = RunningMean(start, settings.mean_images, settings.mean_memory, reach)
        self._least_new = least_new
        self._last: FloatArray | None = None

    @classmethod
    def of_channel(
        cls, channel: DescriptorChannel, settings: SequenceSettings
    ) -> RunningNormalizer:
        """Return the one for a channel, whose rows lie about the map's mean."""
        return cls(np.zeros(channel.rows.shape[1]), channel.novelty, settings)

    def normalize(self, numbers: FloatArray) -> FloatArray:
        """Return (k,) numbers of a query about the mean so far, of length 1 or 0."""
        about = np.asarray(_unit(numbers - self._mean.value), dtype=np.float64)
        new = 1.0
        if self._last is not None:
            new = float(np.clip((1 - about @ self._last) / self._novelty, 0.0, 1.0))
        if new >= self._least_new:
            self._last = about
            self._mean.update(numbers, new)
        return about


class Appearance:
    """Both kinds of descriptors of a map, one row per keyframe.

    Each kind gets the weight at which its similarities spread as much over the map as those of
    the other: neither is known to be the better one in a light that the map has not seen.

    Attributes:
        rows: (N, k) float32 of length 1, in the order of driving.
    """

    def __init__(self, gallery: Gallery, order: IntArray) -> None:
        """Prepare a map; (N,) rows of the map in the order of driving."""
        self._hog: HogDescriptors | None = gallery.hog()
        self._channels = [
            DescriptorChannel.from_descriptors(gallery.descriptors[order].astype(np.float32))
        ]
        if self._hog is not None:
            self._channels.append(
                DescriptorChannel.from_centred(self._hog.rows[order].astype(np.float32))
            )
        self._weights = self._balanced(self._channels)
        rows = [w * channel.rows for w, channel in zip(self._weights, self._channels, strict=True)]
        self.rows: NDArray[np.float32] = np.concatenate(rows, axis=1).astype(np.float32)

    @property
    def needs_image(self) -> bool:
        """Whether queries should carry their images."""
        return self._hog is not None

    def normalizers(self, settings: SequenceSettings) -> list[RunningNormalizer]:
        """Return the normalisers of a new track."""
        return [RunningNormalizer.of_channel(channel, settings) for channel in self._channels]

    def similarities(self, query: Query, normalizers: list[RunningNormalizer]) -> FloatArray:
        """Return (N,) similarities of a query to all keyframes, in the order of driving.

        Without an image HOG is left out.
        """
        numbers = [self._channels[0].project(np.asarray(query.descriptor, dtype=np.float64))]
        if self._hog is not None and query.image is not None:
            numbers.append(self._hog.project(query.image))
        seen = [
            weight * normalizer.normalize(channel)
            for weight, normalizer, channel in zip(
                self._weights, normalizers, numbers, strict=False
            )
        ]
        whole = np.concatenate(seen).astype(np.float32)
        return np.asarray(self.rows[:, : len(whole)] @ whole, dtype=np.float64)

    @staticmethod
    def _balanced(channels: list[DescriptorChannel]) -> list[float]:
        inverse = np.array([1 / channel.spread for channel in channels])
        return [float(weight) for weight in np.sqrt(inverse / inverse.sum())]


def _unit(rows: NDArray[np.floating]) -> NDArray[np.floating]:
    lengths = np.linalg.norm(rows, axis=-1, keepdims=True)
    return np.asarray(rows / np.maximum(lengths, 1e-9))
