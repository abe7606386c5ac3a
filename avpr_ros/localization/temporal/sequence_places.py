# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Order, neighbours and view statistics of a map, for the Bayes filter."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from avpr_ros.arrays import Descriptors, FloatArray, IntArray
from avpr_ros.gallery.keyframes import Keyframes


def driving_order(keyframes: Keyframes) -> tuple[IntArray, IntArray]:
    """Return map rows in the order of driving, and the chain that each belongs to.

    A chain is what one camera saw in one session; chains adjoin, each in the order of stamps.

    Returns:
        (N,) rows of the map and (N,) numbers of chains, both in the order of driving.
    """
    order = np.lexsort((keyframes.stamps_ns, keyframes.cameras, keyframes.sessions))
    keys = np.stack([keyframes.sessions[order], keyframes.cameras[order]])
    begins = np.any(keys[:, 1:] != keys[:, :-1], axis=0)
    return order.astype(np.int64), np.cumsum(np.append(False, begins)).astype(np.int64)


@dataclass(frozen=True, eq=False)
class ViewStatistics:
    """Statistics of the similarities between views of a map, in the order of driving.

    Attributes:
        chain: (N,) number of the chain of each keyframe.
        column_mean: (N,) mean similarity of a keyframe to all others, centred.
        change: (N,) ``view_change`` to the next keyframe; 1 at the end of a chain.
        novelty: median of the change between successive keyframes.
    """

    chain: IntArray
    column_mean: FloatArray
    change: FloatArray
    novelty: float

    @classmethod
    def from_descriptors(cls, descriptors: Descriptors, chain: IntArray) -> ViewStatistics:
        """Compare the descriptors of a map with one another.

        With unit rows d_i of mean m, the similarities of row i less the column means, centred,
        are (d_i - N/(N-1) m)^T (d_j - m); so the inner product of two such rows is
        e_i^T C e_k with C the scatter matrix, and the N x N similarities are never needed.

        Args:
            descriptors: (N, d) of length 1, in the order of driving, finite.
            chain: (N,) numbers of chains.
        """
        rows = np.asarray(descriptors, dtype=np.float32)
        size = len(rows)
        mean = rows.mean(axis=0)
        bias = size / max(size - 1, 1)
        centred = rows - mean
        excess = rows - bias * mean
        weighted = excess @ (centred.T @ centred)
        squares = np.einsum('ij,ij->i', weighted, excess, dtype=np.float64)
        products = np.einsum('ij,ij->i', weighted[:-1], excess[1:], dtype=np.float64)
        norms = np.sqrt(np.maximum(squares[:-1] * squares[1:], 0.0))
        known = norms > 1e-12
        change = np.ones(size)
        change[:-1] = np.clip(1 - products / np.where(known, norms, 1.0), 0.0, 1.0) * known
        inside = chain[1:] == chain[:-1]
        novelty = float(np.median(change[:-1][inside])) if inside.any() else 1.0
        change[:-1][~inside] = 1.0
        column_mean = bias * (centred @ mean).astype(np.float64)
        return cls(chain, column_mean, change, max(novelty, 1e-3))


@dataclass(frozen=True, eq=False)
class SequencePlaces:
    """The keyframes of a map, for the filter of one camera.

    Attributes:
        views: order and differences of the views.
        near: (N, N) ones where two keyframes show one place, each with itself included.
        along: (N,) distance of each keyframe along its chain, in keyframe spacings.
    """

    views: ViewStatistics
    near: sparse.csr_matrix
    along: FloatArray

    @classmethod
    def from_pairs(
        cls, views: ViewStatistics, pairs: IntArray, along: FloatArray | None = None
    ) -> SequencePlaces:
        """Combine pairs and distances.

        Args:
            views: order and differences.
            pairs: (K, 2) keyframes that show one place, each pair once.
            along: (N,) along the chains; None: one spacing from each keyframe to the next.
        """
        size = len(views.chain)
        index = np.arange(size)
        rows = np.concatenate([pairs[:, 0], pairs[:, 1], index])
        columns = np.concatenate([pairs[:, 1], pairs[:, 0], index])
        near = sparse.csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(size, size))
        return cls(views, near, index.astype(np.float64) if along is None else along)
