# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Inverted files over quantized rows, made with FAISS, and how much memory each kind takes."""

from __future__ import annotations

import math
from typing import Any

import faiss
import numpy as np

from avpr_ros.arrays import Descriptors
from avpr_ros.gallery.index.faiss_index import padded, padded_dim

EXACT = 'exact'
#: Bytes of a product-quantized row, by kind.
CODE_BYTES = {'ivf-pq64': 64, 'ivf-pq32': 32}
#: From the most faithful to the smallest.
KINDS = (EXACT, 'ivf-sq8', *CODE_BYTES)

_ID_BYTES = 8
#: Numbers of a row after the rotation, for each byte of its code: two to each half.
_NUMBERS_A_BYTE = 4
_BITS = 4
#: Rows that are compared at a time; a cell's last ones are filled up.
_BLOCK_ROWS = 32
#: FAISS wants 39 rows a cell to train on; more only takes time.
_ROWS_A_CELL = 40
_ITERATIONS = 8
_ROTATION_ROWS = 16384
_CHUNK_ROWS = 1 << 15


def possible(kind: str, dim: int) -> bool:
    """Return whether rows of this length can be split into a kind's codes."""
    return dim >= 2 * CODE_BYTES.get(kind, 1)


def estimated_bytes(kind: str, count: int, dim: int) -> int:
    """Return about how many bytes an index of a kind takes for (count, dim) rows."""
    if kind == EXACT:
        return 2 * count * dim
    if kind not in CODE_BYTES:
        return count * (dim + _ID_BYTES) + 4 * _cells(count) * dim
    short = _short_dim(CODE_BYTES[kind], dim)
    tables = 4 * short * (_cells(count) + dim + (1 << _BITS))
    filling = _cells(count) * _BLOCK_ROWS // 2 * CODE_BYTES[kind]
    return count * (CODE_BYTES[kind] + _ID_BYTES) + tables + filling


def build_inverted_file(kind: str, rows: Descriptors) -> Any:
    """Train and fill an inverted file that ranks by inner product.

    Args:
        kind: one of ``KINDS`` but the exact one.
        rows: (N, d) float16 unit rows; may be a memory map.

    Returns:
        FAISS's index; the number of cells that a query looks into is still 1.
    """
    count, dim = len(rows), padded_dim(rows.shape[1])
    cells = _cells(count)
    rng = np.random.default_rng(0)
    sample = rng.choice(
        count, min(count, max(_ROWS_A_CELL * cells, _ROTATION_ROWS)), replace=False
    )
    trained_on = padded(rows[np.sort(sample)])
    index = _untrained(kind, dim, cells, trained_on)
    index.train(trained_on)
    for start in range(0, count, _CHUNK_ROWS):
        index.add(padded(rows[start : start + _CHUNK_ROWS]))
    return index


def _untrained(kind: str, dim: int, cells: int, rows: Descriptors) -> Any:
    if kind not in CODE_BYTES:
        scalar = faiss.ScalarQuantizer.QT_8bit
        index = faiss.IndexIVFScalarQuantizer(
            faiss.IndexFlatIP(dim), dim, cells, scalar, faiss.METRIC_INNER_PRODUCT
        )
        index.cp.niter = _ITERATIONS
        return index
    code = CODE_BYTES[kind]
    short = _short_dim(code, dim)
    # A learned rotation balances the variance over all bytes of the code (Ge et al., Optimized
    # Product Quantization).
    rotation = faiss.OPQMatrix(dim, code, short)
    rotation.niter = _ITERATIONS
    rotation.max_train_points = _ROTATION_ROWS
    rotation.train(rows)
    # Codes of four bits are looked up in registers, 32 rows at a time (Andre et al., Cache
    # locality is not enough, 2015): seven times as fast as eight bits in the same memory, and as
    # good at finding candidates.
    inverted = faiss.IndexIVFPQFastScan(
        faiss.IndexFlatIP(short), short, cells, 2 * code, _BITS, faiss.METRIC_INNER_PRODUCT
    )
    # Codes of the residuals to the cell's centre; not FAISS's default for this index.
    inverted.by_residual = True
    inverted.cp.niter = _ITERATIONS
    return faiss.IndexPreTransform(rotation, inverted)


def _cells(count: int) -> int:
    """Return the power of two nearest to the square root of the number of rows."""
    return 1 << max(1, round(math.log2(math.sqrt(count))))


def _short_dim(code_bytes: int, dim: int) -> int:
    return min(_NUMBERS_A_BYTE * code_bytes, dim // (2 * code_bytes) * 2 * code_bytes)
