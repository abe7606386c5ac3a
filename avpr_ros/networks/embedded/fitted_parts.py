# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What is fitted to a map for a space of the embedded kind: vocabularies, weights, projection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
import torch
from torch import Tensor, nn

from avpr_ros.errors import SpaceMismatchError
from avpr_ros.gallery.descriptor_space import BASIS, DescriptorSpace
from avpr_ros.networks.vlad import project

#: Names of the arrays in a descriptor space; vocabularies of further parts have a number.
VOCABULARY, WEIGHTS = 'vocabulary', 'part_weights'


class FittedParts(nn.Module):
    """Vocabularies of the parts, weights of their similarities, and the common projection.

    A similarity of two images is the weighted mean of the similarities of the parts, before the
    projection. None of the arrays is part of a state: they are those of the descriptor space.

    Attributes:
        weights: (P,), not negative, of sum 1.
        basis: (K1*C1 + K2*C2 + ..., d), orthonormal columns; None before the projection.
    """

    weights: Tensor
    basis: Tensor | None

    def __init__(
        self,
        vocabularies: Sequence[NDArray[np.float32]],
        basis: NDArray[np.float32] | None,
        weights: Sequence[float] | NDArray[np.floating] | None = None,
    ) -> None:
        """Take the arrays.

        Args:
            vocabularies: (K, C) unit rows, one a part.
            basis: of the joined descriptors; None: they are not projected.
            weights: of the parts; None: equal.
        """
        super().__init__()
        count = len(vocabularies)
        weights = np.full(count, 1 / count) if weights is None else weights
        self._names = [f'words_{number}' for number in range(count)]
        for name, words in zip(self._names, vocabularies, strict=True):
            self.register_buffer(name, torch.tensor(words), persistent=False)
        self.register_buffer(
            'weights', torch.tensor(np.asarray(weights), dtype=torch.float32), persistent=False
        )
        projection = None if basis is None else torch.tensor(basis)
        self.register_buffer('basis', projection, persistent=False)

    @classmethod
    def from_space(cls, space: DescriptorSpace, parts: int, projected: bool = True) -> FittedParts:
        """Read the arrays of a descriptor space.

        Args:
            space: of a map.
            parts: of its gallery network.
            projected: whether its projection is applied.

        Raises:
            SpaceMismatchError: it lacks one of them.
        """
        names = [vocabulary_name(number) for number in range(parts)]
        wanted = {*names, BASIS, *((WEIGHTS,) if parts > 1 else ())}
        if not wanted <= set(space.arrays):
            raise SpaceMismatchError(
                f'descriptor space {space.id[:12]} of network {space.network!r} has the arrays '
                f'{sorted(space.arrays)} and needs {sorted(wanted)}; build the map again with '
                '--gallery-network embedded'
            )
        arrays = space.arrays
        basis = arrays[BASIS] if projected else None
        return cls([arrays[name] for name in names], basis, arrays.get(WEIGHTS))

    @property
    def dim(self) -> int:
        """Length of a descriptor."""
        if self.basis is None:
            return sum(words.numel() for words in self.vocabularies())
        return int(self.basis.shape[1])

    def vocabularies(self) -> list[Tensor]:
        """Return the (K, C) words of each part."""
        return [self.get_buffer(name) for name in self._names]

    def project(self, vlads: Sequence[Tensor]) -> Tensor:
        """Join the (B, K*C) unit rows of the parts and project them: (B, d) unit rows."""
        joined = join_parts(vlads, self.weights)
        return joined if self.basis is None else project(joined, self.basis)


def join_parts(vlads: Sequence[Tensor], weights: Tensor) -> Tensor:
    """Join the (B, D) unit rows of the parts to unit rows, weighted by similarity."""
    if len(vlads) == 1:
        return vlads[0]
    roots = weights.sqrt()
    return torch.cat([root * vlad for root, vlad in zip(roots, vlads, strict=True)], dim=1)


def vocabulary_name(part: int) -> str:
    """Return the name of the vocabulary of a part, counted from 0, in a descriptor space."""
    return VOCABULARY if part == 0 else f'{VOCABULARY}_{part + 1}'


def space_arrays(
    vocabularies: Sequence[NDArray[np.float32]],
    weights: NDArray[np.float32],
    basis: NDArray[np.float32],
) -> Mapping[str, NDArray[np.float32]]:
    """Return the arrays of a descriptor space by name."""
    arrays = {vocabulary_name(part): words for part, words in enumerate(vocabularies)}
    arrays[BASIS] = basis
    return arrays if len(vocabularies) == 1 else {**arrays, WEIGHTS: weights}
