# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Files that are whole or absent: hashing and atomic writes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
import ctypes
import fcntl
import hashlib
import os
from pathlib import Path
import re
import shutil
import tempfile

from avpr_ros.errors import ConfigError

#: What ``tempfile`` appends to a name.
_RANDOM = '[a-z0-9_]{8}'


def check_name(path: Path) -> None:
    """Check that the name of an output can be written into text files.

    Raises:
        ConfigError: it is no UTF-8.
    """
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

    A crash or a full disk leaves the old file as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    suffix = ''.join(path.suffixes)
    remove_leftovers(path, suffix)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f'.{path.name}.', suffix=suffix)
    os.close(handle)
    temporary = Path(name)
    lock = _lock(temporary)
    try:
        yield temporary
        with temporary.open('rb') as stream:
            os.fsync(stream.fileno())
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    finally:
        with suppress(FileNotFoundError):
            temporary.unlink()
        if lock is not None:
            os.close(lock)


def write_text_atomically(path: Path, text: str) -> None:
    """Write UTF-8 text so that a reader sees the old content or the new, never a part."""
    with atomic_file(path) as temporary:
        temporary.write_text(text, encoding='utf-8')


@contextmanager
def atomic_folder(path: Path, *, replace: bool = False) -> Iterator[Path]:
    """Yield an empty folder beside ``path``; on success it is renamed to it, on error it goes.

    Temporary folders that killed processes left for the same ``path`` are removed.

    Args:
        path: where the folder shall end up; an empty folder there does not matter.
        replace: take the place of an existing folder, which stays whole until then.

    Raises:
        FileExistsError: ``path`` exists, is not empty and ``replace`` is false.
    """
    if path.exists() and not replace and not is_empty_folder(path):
        raise FileExistsError(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    remove_leftovers(path)
    temporary = Path(tempfile.mkdtemp(dir=path.parent, prefix=f'.{path.name}.'))
    lock = _lock(temporary)
    try:
        yield temporary
        temporary.chmod(0o777 & ~_umask())
        if path.exists() and not is_empty_folder(path):
            _swap(temporary, path)
        else:
            temporary.rename(path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        if lock is not None:
            os.close(lock)


def is_empty_folder(path: Path) -> bool:
    """Return whether a path is a folder with nothing in it."""
    return path.is_dir() and not any(path.iterdir())


def remove_leftovers(path: Path, suffix: str = '') -> list[Path]:
    """Remove the temporary files and folders of killed processes that were writing a path.

    What a process is still writing is locked by it, and stays.

    Args:
        path: the output.
        suffix: of temporary files.

    Returns:
        The paths that were removed.
    """
    pattern = re.compile(rf'\.{re.escape(path.name)}\.{_RANDOM}{re.escape(suffix)}')
    removed: list[Path] = []
    try:
        found = [entry for entry in path.parent.iterdir() if pattern.fullmatch(entry.name)]
    except OSError:
        return removed
    for left in found:
        lock = _lock(left)
        if lock is None:
            continue
        if left.is_dir():
            shutil.rmtree(left, ignore_errors=True)
        else:
            left.unlink(missing_ok=True)
        os.close(lock)
        removed.append(left)
    return removed


def _lock(path: Path) -> int | None:
    """Lock a file or folder while this process lives; None where that cannot be done."""
    handle = None
    try:
        handle = os.open(path, os.O_RDONLY)
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        if handle is not None:
            os.close(handle)
        return None
    return handle


def _swap(new: Path, old: Path) -> None:
    """Put ``new`` in the place of ``old``, in one step where the system can."""
    if _exchange(new, old):
        return
    aside = Path(tempfile.mkdtemp(dir=old.parent, prefix=f'.{old.name}.old.'))
    try:
        old.rename(aside / 'old')
        try:
            new.rename(old)
        except OSError:
            (aside / 'old').rename(old)
            raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)


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
