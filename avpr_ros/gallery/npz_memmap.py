# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Arrays of an npz file, mapped into memory: only what is looked at is read."""

from __future__ import annotations

from pathlib import Path
from typing import Any
import zipfile

import numpy as np
from numpy.typing import NDArray

#: Of a member's header in the archive (APPNOTE.TXT 4.3.7): its size, and where it says how long
#: the name and the extra field behind it are.
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
