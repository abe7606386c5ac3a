# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Uncentred SVD of a gallery's own descriptors: shorter rows, nearly the same rankings.

An inner product with a gallery row depends only on the query's component in the span of the
gallery, so a projection that keeps the span keeps all similarities. Centring or whitening would
change rankings; neither is done.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh

from avpr_ros.arrays import FloatArray

_CHUNK_ROWS = 1024
#: Directions whose singular value is below this share of the largest are noise of duplicates.
_SMALLEST_SHARE = 1e-4


def fit_basis(rows: NDArray[np.float32], dim: int) -> NDArray[np.float32]:
    """Find the leading right singular vectors of a matrix that need not fit in memory.

    Works through the smaller of the two Gram matrices in float64: at most D x D numbers and one
    chunk of rows are held when there are more rows than columns, all rows otherwise.

    Args:
        rows: (N, D) float32, for example a memory map.
        dim: how many directions to keep at most.

    Returns:
        (D, d) float32 with orthonormal columns, d = min(dim, rank).
    """
    if len(rows) <= rows.shape[1]:
        return _from_row_gram(np.asarray(rows, dtype=np.float64), dim)
    gram = np.zeros((rows.shape[1], rows.shape[1]))
    for chunk in chunks(rows):
        gram += chunk.T.astype(np.float64) @ chunk
    values, vectors = _leading_eigenpairs(gram, dim)
    return np.ascontiguousarray(vectors[:, _kept(values)], dtype=np.float32)


def fit_joint_basis(
    rows: NDArray[np.float32], sizes: Sequence[int], dim: int
) -> NDArray[np.float32]:
    """Find a common basis of rows that several parts were joined to.

    Each part is reduced to its own leading directions first: the Gram matrix of all columns
    would need 1.2 GB.

    Args:
        rows: (N, D) float32.
        sizes: columns of each part, D in all.
        dim: how many directions to keep at most, of a part and of all.

    Returns:
        (D, d) float32 with orthonormal columns, as for ``fit_basis``.
    """
    if len(sizes) == 1:
        return fit_basis(rows, dim)
    ends = np.cumsum(sizes)
    columns = [slice(int(end) - size, int(end)) for end, size in zip(ends, sizes, strict=True)]
    bases = [fit_basis(rows[:, part], dim) for part in columns]
    reduced = np.concatenate(
        [
            np.concatenate([chunk[:, part] @ basis for chunk in chunks(rows)])
            for part, basis in zip(columns, bases, strict=True)
        ],
        axis=1,
    )
    joint = fit_basis(reduced, dim)
    whole = np.zeros((sum(sizes), joint.shape[1]), dtype=np.float32)
    start = 0
    for part, basis in zip(columns, bases, strict=True):
        whole[part] = basis @ joint[start : start + basis.shape[1]]
        start += basis.shape[1]
    return whole


def project_rows(rows: NDArray[np.float32], basis: NDArray[np.float32]) -> NDArray[np.float32]:
    """Project (N, D) rows on a (D, d) basis and normalise: (N, d) float32 unit rows."""
    projected = np.empty((len(rows), basis.shape[1]), dtype=np.float32)
    start = 0
    for chunk in chunks(rows):
        part = chunk @ basis
        lengths = np.linalg.norm(part, axis=1, keepdims=True)
        projected[start : start + len(chunk)] = part / np.maximum(lengths, 1e-12)
        start += len(chunk)
    return projected


def chunks(rows: NDArray[np.float32]) -> Iterator[NDArray[np.float32]]:
    """Walk over the rows in pieces that fit in memory."""
    for start in range(0, len(rows), _CHUNK_ROWS):
        yield np.asarray(rows[start : start + _CHUNK_ROWS])


def _from_row_gram(rows: FloatArray, dim: int) -> NDArray[np.float32]:
    values, vectors = _leading_eigenpairs(rows @ rows.T, dim)
    kept = _kept(values)
    basis = rows.T @ (vectors[:, kept] / np.sqrt(values[kept]))
    return np.ascontiguousarray(basis, dtype=np.float32)


def _leading_eigenpairs(gram: FloatArray, dim: int) -> tuple[FloatArray, FloatArray]:
    """Return the largest eigenvalues, falling, and their eigenvectors as columns."""
    size = len(gram)
    values, vectors = eigh(gram, subset_by_index=(max(size - dim, 0), size - 1))
    return values[::-1], vectors[:, ::-1]


def _kept(values: FloatArray) -> NDArray[np.bool_]:
    return np.asarray(values > values[0] * _SMALLEST_SHARE**2)
