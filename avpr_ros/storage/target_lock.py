# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Exclusive write access to an output, which ends with the process, however that ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import errno
import fcntl
import os
from pathlib import Path

from avpr_ros.errors import OutputBusyError

#: Errors of file systems that have no locks: outputs there are written without one.
_NO_LOCKS = (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL)


@contextmanager
def target_lock(path: Path) -> Iterator[None]:
    """Hold the lock of an output; the lock file beside it is removed at the end.

    The lock is the kernel's (``flock``): after ``kill -9`` it is free, and the lock file that
    remains is used and removed by the next run of the same output.

    Args:
        path: file or folder, which need not exist; its parent folder is created.

    Raises:
        OutputBusyError: another process holds the lock.
        OSError: the parent folder cannot be written.
    """
    path = real_path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    lock_file = path.with_name(f'.{path.name}.avpr-lock')
    handle = _acquire(lock_file, path)
    try:
        yield
    finally:
        if _is_at(handle, lock_file):
            lock_file.unlink(missing_ok=True)
        os.close(handle)


def real_path(path: Path) -> Path:
    """Return the path that a symlink, ``.`` or ``..`` leads to; other paths as they are.

    Raises:
        IsADirectoryError: it is the root folder, beside which nothing can be written.
    """
    if path.is_symlink() or path.name in ('', '..'):
        path = Path(os.path.realpath(path))
    if not path.name:
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    return path


def lock_now(path: Path) -> int | None:
    """Lock an existing file or folder; None where it is gone, locked or cannot be locked.

    Returns:
        A file descriptor; closing it releases the lock.
    """
    handle = None
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if _is_at(handle, path):
            return handle
    except OSError:
        pass
    if handle is not None:
        os.close(handle)
    return None


def _acquire(lock_file: Path, path: Path) -> int:
    while True:
        handle = os.open(lock_file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.read(handle, 20).decode(errors='replace').strip()
            os.close(handle)
            raise OutputBusyError(
                f'{path} is being written by another process ({holder or "unknown"}); wait until '
                'it has ended or choose another output'
            ) from error
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                os.close(handle)
                raise
        # The process before may have removed the file between opening and locking.
        if _is_at(handle, lock_file):
            os.truncate(handle, 0)
            os.write(handle, f'{os.getpid()}\n'.encode())
            return handle
        os.close(handle)


def _is_at(handle: int, path: Path) -> bool:
    """Return whether an open file is still the one at a path."""
    try:
        return os.path.samestat(os.fstat(handle), os.lstat(path))
    except OSError:
        return False
