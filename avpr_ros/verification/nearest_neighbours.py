# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Nearest neighbours among the descriptors of local features of one kind."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import AnyArray, IntArray


def squared_distances(a: AnyArray, b: AnyArray) -> NDArray[np.float32]:
    """Return (K, L) squared distances of (K, w) and (L, w) descriptors, exact in float32."""
    first, second = a.astype(np.float32), b.astype(np.float32)
    products = first @ second.T
    squares = np.einsum('ij,ij->i', first, first)[:, np.newaxis]
    return np.asarray(
        np.maximum(squares + np.einsum('ij,ij->i', second, second) - 2 * products, 0.0),
        dtype=np.float32,
    )


def nearest_of(queries: AnyArray, references: AnyArray) -> tuple[IntArray, NDArray[np.float32]]:
    """Return the nearest of (L, w) reference descriptors for each of (K, w) queries.

    Returns:
        Indices and squared distances, (K,) each. By ``|a - b|^2 = |a|^2 - 2 (a.b - |b|^2 / 2)``,
        whose first term is the same for all references.
    """
    first, second = queries.astype(np.float32), references.astype(np.float32)
    closeness = first @ second.T
    closeness -= np.einsum('ij,ij->i', second, second) / 2
    nearest = closeness.argmax(axis=1)
    best = closeness[np.arange(len(nearest)), nearest]
    squares = np.maximum(np.einsum('ij,ij->i', first, first) - 2 * best, 0.0)
    return nearest.astype(np.int64), np.asarray(squares, dtype=np.float32)


def mutual_nearest(
    queries: AnyArray, references: AnyArray
) -> tuple[IntArray, IntArray, NDArray[np.float32]]:
    """Return the pairs of (K, w) and (L, w) descriptors that are nearest to each other.

    Returns:
        Indices of the queries and of the references, and squared distances, (M,) each.
    """
    squares = squared_distances(queries, references)
    first, second = mutual_pairs(squares)
    return first, second, squares[first, second]


def mutual_pairs(squares: NDArray[np.float32]) -> tuple[IntArray, IntArray]:
    """Return rows and columns, (M,) each, of (K, L) distances that are least in both."""
    nearest = squares.argmin(axis=1)
    rows = np.flatnonzero(squares.argmin(axis=0)[nearest] == np.arange(len(nearest)))
    return rows, nearest[rows].astype(np.int64)
