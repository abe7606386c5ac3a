# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Files that are whole or absent: hashing and atomic writes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
import ctypes
import hashlib
import os
from pathlib import Path
import shutil
import tempfile


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
    handle, name = tempfile.mkstemp(
        dir=path.parent, prefix=f'.{path.name}.', suffix=''.join(path.suffixes)
    )
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        with temporary.open('rb') as stream:
            os.fsync(stream.fileno())
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    finally:
        with suppress(FileNotFoundError):
            temporary.unlink()


def write_text_atomically(path: Path, text: str) -> None:
    """Write UTF-8 text so that a reader sees the old content or the new, never a part."""
    with atomic_file(path) as temporary:
        temporary.write_text(text, encoding='utf-8')


@contextmanager
def atomic_folder(path: Path, *, replace: bool = False) -> Iterator[Path]:
    """Yield an empty folder beside ``path``; on success it is renamed to it, on error it goes.

    Args:
        path: where the folder shall end up.
        replace: take the place of an existing folder, which stays whole until then.

    Raises:
        FileExistsError: ``path`` exists and ``replace`` is false.
    """
    if path.exists() and not replace:
        raise FileExistsError(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(dir=path.parent, prefix=f'.{path.name}.'))
    try:
        yield temporary
        temporary.chmod(0o777 & ~_umask())
        if path.exists():
            _swap(temporary, path)
        else:
            temporary.rename(path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


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
