# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Inverted files over quantized rows, made with FAISS, and how much memory each kind takes."""

from __future__ import annotations

import math
from typing import Any

import faiss
import numpy as np

from avpr_ros.arrays import Descriptors

EXACT = 'exact'
#: Bytes of a product-quantized row, by kind.
_CODE_BYTES = {'ivf-pq64': 64, 'ivf-pq32': 32}
#: From the most faithful to the smallest.
KINDS = (EXACT, 'ivf-sq8', *_CODE_BYTES)

_ID_BYTES = 8
#: Numbers of a row after the rotation, for each byte of its code.
_NUMBERS_A_BYTE = 4
#: FAISS wants 39 rows a cell to train on; more only takes time.
_ROWS_A_CELL = 40
_ITERATIONS = 8
_ROTATION_ROWS = 16384
_CHUNK_ROWS = 1 << 15


def possible(kind: str, dim: int) -> bool:
    """Tell whether rows of this length can be cut into a kind's codes."""
    return dim >= _CODE_BYTES.get(kind, 1)


def estimated_bytes(kind: str, count: int, dim: int) -> int:
    """Return about how many bytes an index of a kind takes for (count, dim) rows."""
    if kind == EXACT:
        return 2 * count * dim
    if kind not in _CODE_BYTES:
        return count * (dim + _ID_BYTES) + 4 * _cells(count) * dim
    short = _short_dim(_CODE_BYTES[kind], dim)
    tables = 4 * short * (_cells(count) + dim + 256)
    return count * (_CODE_BYTES[kind] + _ID_BYTES) + tables


def build_inverted_file(kind: str, rows: Descriptors) -> Any:
    """Train and fill an inverted file that ranks by inner product.

    Args:
        kind: one of ``KINDS`` but the exact one.
        rows: (N, d) float16 unit rows; may be a memory map.

    Returns:
        FAISS's index; the number of cells that a query looks into is still 1.
    """
    count, dim = rows.shape
    cells = _cells(count)
    rng = np.random.default_rng(0)
    sample = rng.choice(
        count, min(count, max(_ROWS_A_CELL * cells, _ROTATION_ROWS)), replace=False
    )
    trained_on = rows[np.sort(sample)].astype(np.float32)
    index = _untrained(kind, dim, cells, trained_on)
    index.train(trained_on)
    for start in range(0, count, _CHUNK_ROWS):
        index.add(np.ascontiguousarray(rows[start : start + _CHUNK_ROWS], dtype=np.float32))
    return index


def _untrained(kind: str, dim: int, cells: int, rows: Descriptors) -> Any:
    if kind not in _CODE_BYTES:
        scalar = faiss.ScalarQuantizer.QT_8bit
        index = faiss.IndexIVFScalarQuantizer(
            faiss.IndexFlatIP(dim), dim, cells, scalar, faiss.METRIC_INNER_PRODUCT
        )
        index.cp.niter = _ITERATIONS
        return index
    code = _CODE_BYTES[kind]
    short = _short_dim(code, dim)
    # A learned rotation spreads what the first numbers of a row tell over all of them: each byte
    # of the code then tells as much as the next (Ge et al., Optimized Product Quantization).
    rotation = faiss.OPQMatrix(dim, code, short)
    rotation.niter = _ITERATIONS
    rotation.max_train_points = _ROTATION_ROWS
    rotation.train(rows)
    coarse = faiss.IndexFlatIP(short)
    inverted = faiss.IndexIVFPQ(coarse, short, cells, code, 8, faiss.METRIC_INNER_PRODUCT)
    inverted.cp.niter = _ITERATIONS
    return faiss.IndexPreTransform(rotation, inverted)


def _cells(count: int) -> int:
    """Return the power of two nearest to the square root of the number of rows."""
    return 1 << max(1, round(math.log2(math.sqrt(count))))


def _short_dim(code_bytes: int, dim: int) -> int:
    return min(_NUMBERS_A_BYTE * code_bytes, dim // code_bytes * code_bytes)
