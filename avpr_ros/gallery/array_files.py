# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Arrays of files, read into memory or left in the file and read row by row."""

from __future__ import annotations

from dataclasses import dataclass
import math
import os
import struct
from typing import Any, BinaryIO
import zipfile

import numpy as np
from numpy.typing import NDArray

from avpr_ros.gallery.file_array import FileArray, StoredArray
from avpr_ros.storage.open_file import FileSource, OpenFile, opened

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


def open_npz(source: FileSource) -> dict[str, StoredArray]:
    """Open the arrays of a file that ``numpy.savez`` wrote.

    Those of two dimensions and more stay in the file, the others are read.

    Raises:
        OSError: the file cannot be read.
        ValueError: not such a file, compressed, or with an array of objects.
    """
    file = opened(source)
    with file.stream() as stream:
        return {column.name: _open(file, stream, column) for column in _columns(stream)}


def read_npz(source: FileSource) -> dict[str, NDArray[Any]]:
    """Read the arrays of a file that ``numpy.savez`` wrote into memory.

    They take no more memory than the file has bytes: what is compressed is refused.

    Raises:
        OSError: the file cannot be read.
        ValueError: not such a file, compressed, damaged, or with an array of objects.
    """
    with opened(source).stream() as stream:
        return read_npz_stream(stream)


def read_npz_stream(stream: BinaryIO) -> dict[str, NDArray[Any]]:
    """Read the arrays that ``numpy.savez`` wrote from a stream; otherwise as ``read_npz``."""
    with zipfile.ZipFile(stream) as archive:
        columns = _columns(stream)
        if damaged := archive.testzip():
            raise ValueError(f'{damaged} has a wrong checksum')
        return {column.name: _read(stream, column) for column in columns}


def open_rows(source: FileSource) -> FileArray:
    """Open an ``npy`` file of float16 numbers, of a shape that the file has bytes for.

    Raises:
        OSError: the file cannot be read.
        ValueError: no such file, or of another type or layout.
    """
    file = opened(source)
    with file.stream() as stream:
        column = _array_header(stream, '', file.size)
    if column.kind != np.dtype('<f2') or 0 in column.shape or not column.shape:
        raise ValueError(f'it is {column.kind} {column.shape}, expected float16 rows')
    return FileArray(file, column.kind, column.shape, column.offset)


def _columns(stream: BinaryIO) -> list[_Column]:
    """Return where the arrays of an archive lie; raises ``ValueError``."""
    try:
        members = zipfile.ZipFile(stream).infolist()
        if len(members) > _MAX_MEMBERS:
            raise ValueError(f'it has {len(members)} members')
        columns = [_column(stream, member) for member in members]
        if sum(member.file_size for member in members) > stream.seek(0, os.SEEK_END):
            raise ValueError('its members overlap')
        return columns
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


def _open(file: OpenFile, stream: BinaryIO, column: _Column) -> StoredArray:
    if len(column.shape) < 2 or 0 in column.shape:
        return _read(stream, column)
    return FileArray(file, column.kind, column.shape, column.offset)


def _read(stream: BinaryIO, column: _Column) -> NDArray[Any]:
    wanted = math.prod(column.shape) * column.kind.itemsize
    stream.seek(column.offset)
    data = stream.read(wanted)
    if len(data) != wanted:
        raise ValueError(f'{column.name} is cut off')
    if not wanted:
        return np.zeros(column.shape, column.kind)
    return np.frombuffer(bytearray(data), column.kind).reshape(column.shape)
