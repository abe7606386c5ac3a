# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A file that is opened once: what is hashed is what is read, whatever its name leads to later."""

from __future__ import annotations

from collections.abc import Iterator
import hashlib
import io
import os
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias
import weakref

from avpr_ros.errors import MapError

_BLOCK_BYTES = 1 << 20


class OpenFile:
    """A file that is kept open, with size and time of its last change.

    A file that is replaced by another of its name stays readable; one that is written over does
    not.
    """

    def __init__(self, path: Path) -> None:
        """Open a file; raises ``OSError``."""
        self._path = path
        self._handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        weakref.finalize(self, os.close, self._handle)
        self._state = self._current_state()

    def __str__(self) -> str:
        return str(self._path)

    @property
    def size(self) -> int:
        """Bytes of the file when it was opened."""
        return self._state[0]

    def sha256(self) -> str:
        """Return the sha256 of all bytes as 64 hex digits; raises as ``read_into``."""
        digest = hashlib.sha256()
        for block in self._blocks():
            digest.update(block)
        return digest.hexdigest()

    def read(self) -> bytes:
        """Return all bytes; raises as ``read_into``."""
        return b''.join(self._blocks())

    def stream(self) -> BinaryIO:
        """Return a stream with a position of its own; it raises as ``read_into``."""
        return io.BufferedReader(_FileStream(self))

    def read_into(self, buffer: memoryview, offset: int) -> None:
        """Fill a buffer of bytes from an offset on; from any thread.

        Raises:
            MapError: the file was changed since it was opened, ends before, or cannot be read.
        """
        try:
            filled = 0
            while filled < len(buffer):
                count = os.preadv(self._handle, [buffer[filled:]], offset + filled)
                if not count:
                    break
                filled += count
            changed = self._current_state() != self._state
        except OSError as error:
            raise MapError(f'{self._path} cannot be read ({error}); check the disk') from error
        if changed or filled < len(buffer):
            raise MapError(
                f'{self._path} was changed while it is in use; load the map again (~/reload_map)'
            )

    def _blocks(self) -> Iterator[bytearray]:
        for offset in range(0, self.size, _BLOCK_BYTES):
            block = bytearray(min(_BLOCK_BYTES, self.size - offset))
            self.read_into(memoryview(block), offset)
            yield block

    def _current_state(self) -> tuple[int, int]:
        found = os.fstat(self._handle)
        return found.st_size, found.st_mtime_ns


#: A file by its path, which is opened then, or one that is open already.
FileSource: TypeAlias = Path | OpenFile


def opened(source: FileSource) -> OpenFile:
    """Return an open file; raises ``OSError``."""
    return source if isinstance(source, OpenFile) else OpenFile(source)


class _FileStream(io.RawIOBase):
    """Reads an open file from a position of its own."""

    def __init__(self, file: OpenFile) -> None:
        self._file = file
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._file.size}[whence]
        if base + offset < 0:
            raise OSError(f'position {base + offset} lies before the begin of {self._file}')
        self._at = base + offset
        return self._at

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast('B')
        count = max(0, min(len(view), self._file.size - self._at))
        self._file.read_into(view[:count], self._at)
        self._at += count
        return count
