# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Exact inner-product search over the stored descriptors, with FAISS."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import Descriptors, IntArray
from avpr_ros.errors import MapError


class GalleryIndex:
    """Inner-product index over unit rows kept as fp16; nothing is approximated beyond that."""

    def __init__(self, index: Any) -> None:
        self._index = index

    @classmethod
    def build(cls, descriptors: Descriptors) -> GalleryIndex:
        """Build from (N, d) descriptors."""
        rows = np.ascontiguousarray(descriptors, dtype=np.float32)
        index = faiss.IndexScalarQuantizer(
            rows.shape[1], faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT
        )
        index.train(rows)
        index.add(rows)
        return cls(index)

    @property
    def size(self) -> int:
        """Number of rows."""
        return int(self._index.ntotal)

    @property
    def dim(self) -> int:
        """Length of a row."""
        return int(self._index.d)

    def search(self, descriptors: Descriptors, k: int) -> tuple[NDArray[np.float32], IntArray]:
        """Find the k rows with the largest inner product, best first.

        Args:
            descriptors: (B, d), finite.
            k: how many; at most ``size`` come back.

        Returns:
            (B, k) similarities and (B, k) int64 rows.
        """
        queries = np.ascontiguousarray(descriptors, dtype=np.float32)
        similarities, rows = self._index.search(queries, min(k, self.size))
        return similarities, rows

    def save(self, path: Path) -> None:
        """Write the index file."""
        # faiss.write_index reports a full disk as RuntimeError; Python's own writing as OSError.
        path.write_bytes(faiss.serialize_index(self._index).tobytes())

    @classmethod
    def load(cls, path: Path) -> GalleryIndex:
        """Read an index file.

        Raises:
            MapError: unreadable, or not an inner-product index.
        """
        try:
            index = faiss.read_index(str(path))
        except RuntimeError as error:
            raise MapError(f'{path} is not a readable index; build the map again') from error
        if index.metric_type != faiss.METRIC_INNER_PRODUCT:
            raise MapError(f'{path} does not rank by inner product; build the map again')
        return cls(index)
