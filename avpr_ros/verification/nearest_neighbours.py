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
    closeness = _homogeneous(queries, False) @ _homogeneous(references, True).T
    first, second = mutual_pairs(closeness)
    return first, second, -2 * closeness[first, second]


def _homogeneous(descriptors: AnyArray, reference: bool) -> NDArray[np.float32]:
    """Append two columns to (K, w) descriptors, so that products are ``-|a - b|^2 / 2``."""
    rows = np.ones((len(descriptors), descriptors.shape[1] + 2), np.float32)
    rows[:, :-2] = descriptors
    rows[:, -1 if reference else -2] = np.einsum('ij,ij->i', rows[:, :-2], rows[:, :-2]) / -2
    return rows


def mutual_pairs(closeness: NDArray[np.float32]) -> tuple[IntArray, IntArray]:
    """Return rows and columns, (M,) each, of (K, L) numbers that are largest in both.

    Of equal ones, each row has the first column, and each column the first row.
    """
    nearest = closeness.argmax(axis=1)
    # The largest of a column is found ten times as fast as its row.
    largest = closeness.max(axis=0)[nearest]
    rows = np.flatnonzero(closeness[np.arange(len(nearest)), nearest] == largest)
    rows = np.sort(rows[np.unique(nearest[rows], return_index=True)[1]])
    return rows, nearest[rows].astype(np.int64)
