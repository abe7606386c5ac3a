# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Arrays that stay in their files: what is indexed is read, never mapped into memory.

A memory map of a file that another process cuts short ends the program (SIGBUS), and one of a
file that is written over changes while it is in use. Reading raises an error in both cases. What
is read stays in the system's cache and does not count as memory of the process.
"""

from __future__ import annotations

from collections.abc import Callable
import math
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import DTypeLike, NDArray

from avpr_ros.storage.open_file import OpenFile

#: Rows that are no further apart are read at once, in bytes.
_GAP_BYTES = 16384


class FileArray:
    """An array of an open file; indexing reads rows of it into an array of numpy.

    Attributes:
        shape: as of an array of numpy; one dimension at least.
        dtype: likewise.
    """

    def __init__(
        self, file: OpenFile, dtype: np.dtype[Any], shape: tuple[int, ...], offset: int
    ) -> None:
        """Describe where the array lies.

        Args:
            file: the open file.
            dtype: of its numbers.
            shape: of the array, in C order.
            offset: of its first byte in the file.
        """
        self.shape = shape
        self.dtype = dtype
        self._file = file
        self._offset = offset
        self._row_bytes = math.prod(shape[1:]) * dtype.itemsize

    def __len__(self) -> int:
        return self.shape[0]

    @property
    def ndim(self) -> int:
        """Number of dimensions."""
        return len(self.shape)

    @property
    def nbytes(self) -> int:
        """Bytes of all rows."""
        return len(self) * self._row_bytes

    def __getitem__(self, key: Any) -> NDArray[Any]:
        """Read rows: an index, a slice, an array of indices or of booleans, a tuple led by one.

        Raises:
            IndexError: there is no such row.
            MapError: see ``OpenFile.read_into``.
        """
        if isinstance(key, tuple):
            rows, *others = key
            single = isinstance(rows, int | np.integer)
            return self[rows][tuple(others) if single else (slice(None), *others)]
        if isinstance(key, slice):
            start, stop, step = key.indices(len(self))
            return self._rows(start, stop) if step == 1 else self._take(range(start, stop, step))
        return self._take(key)

    def __array__(self, dtype: DTypeLike = None, copy: bool | None = None) -> NDArray[Any]:
        """Read all rows."""
        return np.asarray(self[:], dtype)

    def astype(self, dtype: DTypeLike) -> NDArray[Any]:
        """Read all rows as another type."""
        return self[:].astype(dtype)

    def _rows(self, start: int, stop: int) -> NDArray[Any]:
        rows = np.empty((max(0, stop - start), *self.shape[1:]), self.dtype)
        if rows.size:
            view = memoryview(rows.reshape(-1).view(np.uint8).data)
            self._file.read_into(view, self._offset + start * self._row_bytes)
        return rows

    def _take(self, key: Any) -> NDArray[Any]:
        index = np.asarray(key)
        if index.dtype == bool:
            index = np.flatnonzero(index)
        wanted = index.ravel().astype(np.int64)
        wanted[wanted < 0] += len(self)
        if len(wanted) and not (wanted.min() >= 0 and wanted.max() < len(self)):
            raise IndexError(f'of {len(self)} rows, {wanted.min()} to {wanted.max()} are wanted')
        taken = np.empty((len(wanted), *self.shape[1:]), self.dtype)
        order = np.argsort(wanted, kind='stable')
        breaks = np.flatnonzero(np.diff(wanted[order]) > _GAP_BYTES // self._row_bytes + 1) + 1
        for part in np.split(order, breaks):
            if len(part):
                first = wanted[part[0]]
                taken[part] = self._rows(int(first), int(wanted[part[-1]]) + 1)[
                    wanted[part] - first
                ]
        return taken.reshape(*index.shape, *self.shape[1:])


#: An array in memory or in a file.
StoredArray: TypeAlias = NDArray[Any] | FileArray


def row_reader(array: StoredArray) -> Callable[[NDArray[np.int64]], NDArray[np.float32]]:
    """Return what reads (k,) rows of an (N, d) array as (k, d) float32."""
    return lambda rows: array[rows].astype(np.float32)
