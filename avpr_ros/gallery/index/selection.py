# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Which index a map gets: exact while that is fast and fits, else the best that fits the memory.

The limits come from ``benchmarks/onboard.py``. An approximate index is an inverted file (cells of
k-means, of which a query looks into the nearest) over scalar- or product-quantized rows; the best
candidates are ranked anew by the rows on disk, so that the codes only have to find them.
"""

from __future__ import annotations

import faiss
import numpy as np

from avpr_ros.arrays import Descriptors, FloatArray, IntArray
from avpr_ros.errors import ConfigError
from avpr_ros.gallery.index.faiss_index import GalleryIndex
from avpr_ros.gallery.index.index_info import IndexInfo
from avpr_ros.gallery.index.inverted_file import (
    CODE_BYTES,
    EXACT,
    KINDS,
    build_inverted_file,
    estimated_bytes,
    possible,
)

#: Numbers (rows times dimension) up to which every row is compared: some milliseconds on one core.
EXACT_NUMBERS = 25_000_000
DEFAULT_MEMORY_MB = 256.0
#: Share of the queries that must find the row which exact search finds, for a number of cells,
_WANTED_AGREEMENT = 0.995
#: as far as that needs no more rows than this to be looked at, in 8 bits a number or in the codes
#: of a product quantizer: below five milliseconds on a core.
_MOST_ROWS, _MOST_CODES = 48 * 1024, 320 * 1024
#: Queries the number of cells is chosen with, and as many others that the result is told of.
_QUERIES = 200
#: Cosine of a query to its own row; live images are about as far from their keyframes.
_QUERY_COSINE = 0.75
_CHUNK_ROWS = 1 << 15


def choose_kind(count: int, dim: int, memory_mb: float) -> str:
    """Return the kind of index for (count, dim) rows within a memory budget in megabytes.

    Raises:
        ConfigError: no kind fits the budget.
    """
    kinds = [kind for kind in KINDS if possible(kind, dim)]
    needed = {kind: estimated_bytes(kind, count, dim) / 1e6 for kind in kinds}
    for kind, megabytes in needed.items():
        if kind == EXACT and count * dim > EXACT_NUMBERS:
            continue
        if megabytes <= memory_mb:
            return kind
    raise ConfigError(
        f'{count} keyframes of {dim} numbers do not fit in {memory_mb:g} MB; give --memory-mb '
        f'{int(min(needed.values())) + 1} or more, or keep fewer keyframes'
    )


def build_index(
    rows: Descriptors, memory_mb: float = DEFAULT_MEMORY_MB
) -> tuple[GalleryIndex, IndexInfo]:
    """Build the index for a map and measure what it costs in recall.

    Args:
        rows: (N, d) float16 unit rows; may be a memory map.
        memory_mb: what the index may take on the robot, in megabytes.

    Raises:
        ConfigError: no kind of index fits the budget.
    """
    kind = choose_kind(len(rows), rows.shape[1], memory_mb)
    if kind == EXACT:
        index = GalleryIndex.build(rows)
        return index, IndexInfo(EXACT, rows.nbytes)
    inverted = build_inverted_file(kind, rows)
    index = GalleryIndex(inverted, lambda wanted: rows[wanted].astype(np.float32))
    ivf = faiss.extract_index_ivf(inverted)
    queries, truth = _trial(rows)
    most = _MOST_CODES if kind in CODE_BYTES else _MOST_ROWS
    for probed in _probes(int(ivf.nlist), len(rows), most):
        ivf.nprobe = probed
        if _agreement(index, queries[::2], truth[::2]) >= _WANTED_AGREEMENT:
            break
    size = faiss.serialize_index(inverted).nbytes
    agreement = _agreement(index, queries[1::2], truth[1::2])
    return index, IndexInfo(kind, size, int(ivf.nlist), int(ivf.nprobe), round(agreement, 4))


def _probes(cells: int, count: int, most_rows: int) -> list[int]:
    """Return the numbers of cells to try: doubling, up to a third or to enough rows."""
    most = max(4, min(cells // 3, most_rows * cells // count))
    return [*(1 << n for n in range(2, most.bit_length()) if 1 << n < most), most]


def _agreement(index: GalleryIndex, queries: FloatArray, truth: IntArray) -> float:
    _, found = index.search(queries, 1)
    return float((found[:, 0] == truth).mean())


def _trial(rows: Descriptors) -> tuple[FloatArray, IntArray]:
    """Return (2 Q, d) queries and the rows that exact search finds for them.

    A query is a row moved along the difference of two other rows: that is how descriptors of real
    images differ, while isotropic noise would leave their span.
    """
    rng = np.random.default_rng(0)
    own, one, other = (rng.choice(len(rows), 2 * _QUERIES) for _ in range(3))
    at = rows[own].astype(np.float32)
    aside = rows[one].astype(np.float32) - rows[other].astype(np.float32)
    aside -= (aside * at).sum(axis=1, keepdims=True) * at
    aside /= np.maximum(np.linalg.norm(aside, axis=1, keepdims=True), 1e-6)
    queries = _QUERY_COSINE * at + np.sqrt(1 - _QUERY_COSINE**2) * aside
    queries /= np.linalg.norm(queries, axis=1, keepdims=True)
    best: FloatArray = np.full(len(queries), -np.inf)
    truth: IntArray = np.zeros(len(queries), np.int64)
    for start in range(0, len(rows), _CHUNK_ROWS):
        scores = queries @ rows[start : start + _CHUNK_ROWS].astype(np.float32).T
        top = scores.argmax(axis=1)
        score = scores[np.arange(len(queries)), top]
        truth[score > best] = top[score > best] + start
        best = np.maximum(best, score)
    return queries, truth
