# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Files that are whole or absent: hashing and atomic writes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
import ctypes
import errno
import hashlib
import os
from pathlib import Path
from typing import TypeAlias

from avpr_ros.errors import ConfigError
from avpr_ros.storage.target_lock import real_path, target_lock
from avpr_ros.storage.workspace import REPLACED, workspace

#: File systems allow 255; a workspace beside an output has 15 more than its name.
_LONGEST_NAME_BYTES = 240
#: Raises an error where the content of a path must not be replaced; the path may not exist.
Check: TypeAlias = Callable[[Path], None]


def check_name(path: Path) -> None:
    """Check that the name of an output can be written into text files and to disk.

    Raises:
        ConfigError: it is no UTF-8, or too long for a temporary name beside it.
    """
    length = max((len(os.fsencode(part)) for part in path.parts), default=0)
    if length > _LONGEST_NAME_BYTES:
        raise ConfigError(
            f'A name of the output has {length} bytes, and {_LONGEST_NAME_BYTES} at most are '
            'possible: choose a shorter one.'
        )
    try:
        str(path).encode()
    except UnicodeEncodeError as error:
        shown = os.fsencode(path).decode(errors='replace')
        raise ConfigError(f'The name {shown} is no UTF-8: choose another one.') from error


def printable(text: str) -> str:
    """Return a text whose bytes that are no UTF-8, as file names may have, are replaced."""
    return os.fsencode(text).decode(errors='replace')


def sha256_of_file(path: Path) -> str:
    """Return the sha256 of a file's bytes as 64 hex digits."""
    with path.open('rb') as stream:
        digest = hashlib.sha256()
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


@contextmanager
def atomic_file(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; on success it takes its place, on error it goes.

    A crash or a full disk leaves the old file as it was. A symlink stays: the file it leads to is
    replaced.
    """
    path = real_path(path)
    with workspace(path) as folder:
        temporary = folder / path.name
        temporary.touch()
        yield temporary
        _flush_file(temporary)
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
        flush_folder(path.parent)


def write_text_atomically(path: Path, text: str) -> None:
    """Write UTF-8 text so that a reader sees the old content or the new, never a part."""
    with atomic_file(path) as temporary:
        temporary.write_text(text, encoding='utf-8')


@contextmanager
def atomic_folder(
    path: Path, *, replace: bool = False, check: Check | None = None
) -> Iterator[Path]:
    """Yield an empty folder of the same name; on success it takes its place, on error it goes.

    The path is locked meanwhile. What is there is looked at before the work, and again when it is
    replaced: what has appeared or changed in between stays, and the new folder goes. A symlink
    stays: the folder it leads to is replaced.

    Args:
        path: where the folder shall end up; an empty folder there does not matter.
        replace: take the place of an existing folder, which stays whole until then.
        check: called with the path before the work, and with what is to be replaced.

    Raises:
        FileExistsError: ``path`` exists, is not empty and ``replace`` is false.
        OutputBusyError: another process is writing the same path.
    """
    path = real_path(path)
    with target_lock(path):
        if not replace and path.exists() and not is_empty_folder(path):
            raise FileExistsError(path)
        if check is not None:
            check(path)
        with workspace(path) as holder:
            new = holder / path.name
            new.mkdir()
            yield new
            new.chmod(0o777 & ~_umask())
            _flush_files(new)
            if check is not None:
                check(path)
            if replace and path.exists() and not is_empty_folder(path):
                _swap(new, path, check)
            else:
                _take_place(new, path)
            flush_folder(path.parent)


def is_empty_folder(path: Path) -> bool:
    """Return whether a path is a folder with nothing in it."""
    return path.is_dir() and not any(path.iterdir())


def _flush_file(path: Path) -> None:
    with path.open('rb') as stream:
        os.fsync(stream.fileno())


def _flush_files(folder: Path) -> None:
    """Flush the files: a loss of power must not destroy both the old and the new folder."""
    for path in folder.iterdir():
        if path.is_file():
            _flush_file(path)
    flush_folder(folder)


def flush_folder(folder: Path) -> None:
    """Flush the names in a folder to disk, where the file system can."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _take_place(new: Path, path: Path) -> None:
    """Rename a folder; the system refuses it where something other than an empty folder is."""
    try:
        new.rename(path)
    except OSError as error:
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR):
            raise FileExistsError(path) from error
        raise


def _swap(new: Path, old: Path, check: Check | None) -> None:
    """Put ``new`` in the place of ``old``, in one step where the system can.

    What comes out is checked once more, as it may have changed since it was last looked at.
    """
    aside = new
    if not _exchange(new, old):
        aside = new.with_name(REPLACED)
        old.rename(aside)
    try:
        if check is not None:
            check(aside)
        if aside is not new:
            new.rename(old)
    except BaseException:
        if aside is not new:
            aside.rename(old)
        else:
            _exchange(new, old)
        raise


def _exchange(a: Path, b: Path) -> bool:
    """Exchange two paths in one step; return whether the system could."""
    rename = getattr(ctypes.CDLL(None, use_errno=True), 'renameat2', None)
    if rename is None:
        return False
    here, exchange = -100, 2  # AT_FDCWD, RENAME_EXCHANGE of Linux
    return bool(rename(here, os.fsencode(a), here, os.fsencode(b), exchange) == 0)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
