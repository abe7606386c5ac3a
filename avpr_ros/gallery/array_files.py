# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Arrays of files, mapped into memory or read row by row."""

from __future__ import annotations

from dataclasses import dataclass
import math
import os
from pathlib import Path
import struct
from typing import Any, BinaryIO
import zipfile

import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import Descriptors, IntArray
from avpr_ros.errors import MapError

#: Size of a member's header in the archive (APPNOTE.TXT 4.3.7), and the position of the lengths of
#: name and extra field in it; the flag of an encrypted member.
_HEADER_BYTES, _LENGTHS, _ENCRYPTED = 30, slice(26, 30), 0x1
#: More columns than any file of ours has.
_MAX_MEMBERS = 1000


@dataclass(frozen=True)
class _Column:
    """Where an array lies in a file."""

    name: str
    kind: np.dtype[Any]
    shape: tuple[int, ...]
    offset: int


def map_npz(path: Path) -> dict[str, NDArray[Any]]:
    """Map the arrays of a file that ``numpy.savez`` wrote.

    Args:
        path: the file; it must stay as it is while the arrays are in use.

    Raises:
        OSError: the file cannot be read.
        ValueError: not such a file, compressed, or with an array of objects.
    """
    with path.open('rb') as stream:
        return {
            column.name: np.memmap(path, column.kind, 'r', column.offset, column.shape)
            if 0 not in column.shape
            else np.zeros(column.shape, column.kind)
            for column in _columns(stream)
        }


def read_npz(path: Path) -> dict[str, NDArray[Any]]:
    """Read the arrays of a file that ``numpy.savez`` wrote into memory.

    They take no more memory than the file has bytes: what is compressed is refused.

    Raises:
        OSError: the file cannot be read.
        ValueError: not such a file, compressed, damaged, or with an array of objects.
    """
    with path.open('rb') as stream, zipfile.ZipFile(stream) as archive:
        columns = _columns(stream)
        if damaged := archive.testzip():
            raise ValueError(f'{damaged} has a wrong checksum')
        return {column.name: _read(stream, column) for column in columns}


def read_rows(path: Path) -> NDArray[np.float16]:
    """Map an ``npy`` file of float16 numbers into memory, of a shape that the file has bytes for.

    Raises:
        OSError: the file cannot be read.
        ValueError: no such file, or of another type or layout.
    """
    with path.open('rb') as stream:
        column = _array_header(stream, '', path.stat().st_size)
    if column.kind != np.dtype('<f2') or 0 in column.shape:
        raise ValueError(f'it is {column.kind} {column.shape}, expected float16 rows')
    return np.memmap(path, column.kind, 'r', column.offset, column.shape)


def _columns(stream: BinaryIO) -> list[_Column]:
    """Return where the arrays of an archive lie; raises ``ValueError``."""
    try:
        members = zipfile.ZipFile(stream).infolist()
        if len(members) > _MAX_MEMBERS:
            raise ValueError(f'it has {len(members)} members')
        return [_column(stream, member) for member in members]
    except (zipfile.BadZipFile, NotImplementedError, struct.error, OverflowError) as error:
        raise ValueError(str(error)) from error


def _column(stream: BinaryIO, member: zipfile.ZipInfo) -> _Column:
    if member.compress_type != zipfile.ZIP_STORED or member.flag_bits & _ENCRYPTED:
        raise ValueError(f'{member.filename} is compressed or encrypted')
    stream.seek(member.header_offset)
    header = stream.read(_HEADER_BYTES)
    if len(header) < _HEADER_BYTES:
        raise ValueError(f'{member.filename} is cut off')
    name, extra = np.frombuffer(header[_LENGTHS], '<u2')
    begin = member.header_offset + _HEADER_BYTES + int(name) + int(extra)
    stream.seek(begin)
    return _array_header(
        stream, member.filename.removesuffix('.npy'), begin + int(member.file_size)
    )


def _array_header(stream: BinaryIO, name: str, end: int) -> _Column:
    """Read an array's header; its numbers must end at byte ``end``."""
    version = np.lib.format.read_magic(stream)  # type: ignore[no-untyped-call]
    if version != (1, 0):
        raise ValueError(f'{name} is of array format {version}')
    read = np.lib.format.read_array_header_1_0
    try:
        shape, fortran, kind = read(stream)  # type: ignore[no-untyped-call]
    # The header is a Python literal, and its parser raises what it meets.
    except Exception as error:
        raise ValueError(f'the header of {name} is damaged') from error
    one_dimensional = len(shape) < 2
    if (fortran and not one_dimensional) or kind.hasobject:
        raise ValueError(f'{name} is no plain array')
    if any(side < 0 for side in shape):
        raise ValueError(f'{name} has the shape {shape}')
    offset = stream.tell()
    if offset + math.prod(shape) * kind.itemsize != end:
        raise ValueError(f'{name} has the shape {shape} and {end - offset} bytes')
    return _Column(name, kind, tuple(shape), offset)


def _read(stream: BinaryIO, column: _Column) -> NDArray[Any]:
    wanted = math.prod(column.shape) * column.kind.itemsize
    stream.seek(column.offset)
    data = stream.read(wanted)
    if len(data) != wanted:
        raise ValueError(f'{column.name} is cut off')
    if not wanted:
        return np.zeros(column.shape, column.kind)
    return np.frombuffer(bytearray(data), column.kind).reshape(column.shape)


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
        """Return (k, d) float32 of (k,) rows; raises ``MapError`` where the file ends before."""
        read: NDArray[np.float16] = np.empty((len(rows), self._dim), self._kind)
        for number, row in enumerate(rows.tolist()):
            start = self._start + row * self._row_bytes
            if row < 0 or os.preadv(self._file.fileno(), [read[number]], start) < self._row_bytes:
                raise MapError(
                    f'{self._file.name} has no row {row}: it was cut short, or the index is of '
                    'another map; copy the map again'
                )
        return read.astype(np.float32)
