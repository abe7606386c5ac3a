# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Single rows of an array file, read from disk without keeping it in memory."""

from __future__ import annotations

import os

import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import Descriptors, IntArray


class RowFile:
    """Reads rows of a memory-mapped (N, d) array by ``pread``.

    Going through the map itself would count every page touched as the process's own, until a
    large map is resident as a whole; like this the pages stay the system's cache.
    """

    def __init__(self, array: np.memmap[tuple[int, int], np.dtype[np.float16]]) -> None:
        """Open the array's file a second time, for reading.

        Args:
            array: as ``numpy.load(..., mmap_mode='r')`` gives it, in C order.
        """
        assert array.filename is not None
        self._kind = array.dtype
        self._dim = array.shape[1]
        self._row_bytes = self._dim * array.dtype.itemsize
        self._start = array.offset
        self._file = open(array.filename, 'rb', buffering=0)  # noqa: PTH123, SIM115 - kept open

    def __call__(self, rows: IntArray) -> Descriptors:
        """Return (k, d) float32 of (k,) rows."""
        read: NDArray[np.float16] = np.empty((len(rows), self._dim), self._kind)
        for number, row in enumerate(rows.tolist()):
            os.preadv(self._file.fileno(), [read[number]], self._start + row * self._row_bytes)
        return read.astype(np.float32)
