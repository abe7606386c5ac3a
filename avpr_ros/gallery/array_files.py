# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Arrays of files, mapped into memory or read row by row."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
import zipfile

import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import Descriptors, IntArray

#: Size of a member's header in the archive (APPNOTE.TXT 4.3.7), and the position of the lengths of
#: name and extra field in it.
_HEADER_BYTES, _LENGTHS = 30, slice(26, 30)


def map_npz(path: Path) -> dict[str, NDArray[Any]]:
    """Map the arrays of a file that ``numpy.savez`` wrote.

    Args:
        path: the file; it must stay as it is while the arrays are in use.

    Raises:
        OSError: the file cannot be read.
        ValueError: not such a file, compressed, or with an array of objects.
    """
    try:
        with zipfile.ZipFile(path) as archive, path.open('rb') as stream:
            return {
                member.filename.removesuffix('.npy'): _mapped(path, stream, member)
                for member in archive.infolist()
            }
    except zipfile.BadZipFile as error:
        raise ValueError(str(error)) from error


def _mapped(path: Path, stream: Any, member: zipfile.ZipInfo) -> NDArray[Any]:
    if member.compress_type != zipfile.ZIP_STORED:
        raise ValueError(f'{member.filename} is compressed')
    stream.seek(member.header_offset)
    header = stream.read(_HEADER_BYTES)
    name, extra = np.frombuffer(header[_LENGTHS], '<u2')
    stream.seek(member.header_offset + _HEADER_BYTES + int(name) + int(extra))
    version = np.lib.format.read_magic(stream)  # type: ignore[no-untyped-call]
    if version != (1, 0):
        raise ValueError(f'{member.filename} is of array format {version}')
    read = np.lib.format.read_array_header_1_0
    shape, fortran, kind = read(stream)  # type: ignore[no-untyped-call]
    if fortran or kind.hasobject:
        raise ValueError(f'{member.filename} is no plain array')
    if 0 in shape:
        return np.zeros(shape, kind)
    return np.memmap(path, kind, 'r', stream.tell(), shape)


class PreadRows:
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
