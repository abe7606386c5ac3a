# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Inner-product search over a map's descriptors, with FAISS: exact, or by parts and re-ranked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import faiss
import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import Descriptors, IntArray
from avpr_ros.errors import MapError
from avpr_ros.gallery.index.index_check import fault_of, is_exact, read_index
from avpr_ros.storage.open_file import FileSource
from avpr_ros.storage.reading import reading

#: (k,) rows in, (k, d) float32 descriptors out.
ReadRows: TypeAlias = Callable[[IntArray], Descriptors]

#: So many candidates of an approximate search are compared anew with the stored rows, at least.
RERANKED = 256

#: Numbers that the widest instructions (AVX-512) take at a time.
_LANES = 16


class GalleryIndex:
    """An index over unit rows; what is approximate is ranked anew by the stored fp16 rows."""

    def __init__(self, index: Any, read_rows: ReadRows | None = None) -> None:
        """Wrap a FAISS index.

        Args:
            index: ranks by inner product.
            read_rows: reads stored rows for an approximate index; unused for an exact one.
        """
        self._index = index
        self._read_rows = None if is_exact(index) else read_rows

    @classmethod
    def build(cls, descriptors: Descriptors) -> GalleryIndex:
        """Build the exact index, over rows kept as fp16, from (N, d) descriptors."""
        rows = padded(descriptors)
        index = faiss.IndexScalarQuantizer(
            rows.shape[1], faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT
        )
        index.train(rows)
        index.add(rows)
        return cls(index)

    @classmethod
    def growing(cls, dim: int) -> GalleryIndex:
        """Return an exact index without rows, for :meth:`add`."""
        return cls.build(np.empty((0, dim), np.float32))

    def add(self, descriptors: Descriptors) -> None:
        """Add (k, d) rows to an exact index; not while another thread searches."""
        self._index.add(padded(descriptors))

    @property
    def size(self) -> int:
        """Number of rows."""
        return int(self._index.ntotal)

    @property
    def dim(self) -> int:
        """Length of a row as the index keeps it, see ``padded``."""
        return int(self._index.d)

    @property
    def exact(self) -> bool:
        """Whether every row is compared with the query."""
        return is_exact(self._index)

    def read(self, rows: IntArray, dim: int) -> Descriptors:
        """Return (k, d) float32 descriptors of (k,) rows, as they are stored.

        An exact index holds them in memory: a map that is changed on disk stays the old one.

        Args:
            rows: which.
            dim: d, without what they are filled up with.
        """
        if self._read_rows is not None:
            return self._read_rows(rows)
        # Row by row: FAISS 1.7.2, that of Ubuntu 22.04, has no reconstruct_batch.
        stored = np.empty((len(rows), self.dim), np.float32)
        for row, into in zip(rows.tolist(), stored, strict=True):
            self._index.reconstruct(row, into)
        return stored[:, :dim]

    def search(self, descriptors: Descriptors, k: int) -> tuple[NDArray[np.float32], IntArray]:
        """Find the k rows with the largest inner product, best first.

        Args:
            descriptors: (B, d), finite.
            k: how many; at most ``size`` come back.

        Returns:
            (B, k) similarities and (B, k) int64 rows. An approximate index looks at a part of
            the map; where that holds fewer than k, the rest is -inf and row -1.
        """
        queries = np.ascontiguousarray(descriptors, dtype=np.float32)
        padded_queries = padded(queries) if self.dim > queries.shape[1] else queries
        wanted = min(k, self.size)
        if self._read_rows is None:
            similarities, rows = self._index.search(padded_queries, wanted)
            return similarities, rows
        _, rows = self._index.search(padded_queries, min(max(wanted, RERANKED), self.size))
        return _reranked(queries, rows, wanted, self._read_rows)

    def save(self, path: Path) -> None:
        """Write the index file."""
        # faiss.write_index reports a full disk as RuntimeError; Python's own writing as OSError.
        path.write_bytes(faiss.serialize_index(self._index).tobytes())

    @classmethod
    def load(cls, path: FileSource, read_rows: ReadRows | None = None) -> GalleryIndex:
        """Read an index file into memory.

        Args:
            path: the file.
            read_rows: reads stored rows, for an approximate index.

        Raises:
            MapError: unreadable, not an inner-product index, or approximate without rows.
        """
        with reading(path, MapError, 'it is not a readable index: build the map again'):
            index = read_index(path)
            if fault := fault_of(index):
                raise MapError(f'{path} is damaged ({fault}); build the map again')
        if index.metric_type != faiss.METRIC_INNER_PRODUCT:
            raise MapError(f'{path} does not rank by inner product; build the map again')
        if read_rows is None and not is_exact(index):
            raise MapError(f'{path} is approximate and needs the stored rows beside it')
        return cls(index, read_rows)


def padded_dim(dim: int) -> int:
    """Return the length of a row of ``dim`` numbers as new indexes keep it."""
    return -(-dim // _LANES) * _LANES


def padded(rows: Descriptors) -> NDArray[np.float32]:
    """Fill (N, d) rows up with zeros, which change no inner product.

    FAISS compares rows many numbers at a time only where their length is a multiple of that; else
    a search takes fifteen times as long.
    """
    missing = padded_dim(rows.shape[1]) - rows.shape[1]
    return np.ascontiguousarray(np.pad(rows, ((0, 0), (0, missing))), dtype=np.float32)


def _reranked(
    queries: NDArray[np.float32], found: IntArray, k: int, read_rows: ReadRows
) -> tuple[NDArray[np.float32], IntArray]:
    similarities = np.full((len(queries), k), -np.inf, np.float32)
    rows = np.full((len(queries), k), -1, np.int64)
    for number, query in enumerate(queries):
        candidates = np.sort(found[number][found[number] >= 0])
        scores = read_rows(candidates) @ query
        best = np.argsort(-scores, kind='stable')[:k]
        similarities[number, : len(best)] = scores[best]
        rows[number, : len(best)] = candidates[best]
    return similarities, rows
