# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Hidden folders in which outputs are written before they take their place."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
import logging
import os
from pathlib import Path
import re
import shutil
import tempfile
import time

from avpr_ros.storage.target_lock import lock_now

#: In each of our folders: a folder without it, whatever its name, is never removed.
MARKER = '.avpr_workspace'
#: A replaced folder, while the new one takes its place in two steps.
REPLACED = '.avpr_replaced'
#: What ``tempfile`` appends to a name.
_RANDOM = '[a-z0-9_]{8}'
_ATTEMPTS = 3
_LOG = logging.getLogger(__name__)


@contextmanager
def workspace(path: Path) -> Iterator[Path]:
    """Yield a new hidden folder beside an output, which is removed at the end.

    Those that killed processes left for the same output are removed first.

    Args:
        path: the output; its parent folder is created.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    remove_leftovers(path)
    folder, lock = _create(path)
    try:
        (folder / MARKER).write_text('temporary folder of avpr_ros\n', encoding='utf-8')
        yield folder
    finally:
        _remove(folder)
        if lock is not None:
            os.close(lock)


def remove_leftovers(path: Path) -> list[Path]:
    """Remove the workspaces that killed processes left for an output, with a line in the log.

    A folder that was moved aside for one that did not arrive is put back. What a running process
    uses is locked by it, and stays.

    Args:
        path: the output.

    Returns:
        The folders that were removed.
    """
    pattern = re.compile(rf'\.{re.escape(path.name)}\.avpr-{_RANDOM}')
    try:
        found = [entry for entry in path.parent.iterdir() if pattern.fullmatch(entry.name)]
    except OSError:
        return []
    return [left for left in found if _removed(left, path)]


def _create(path: Path) -> tuple[Path, int | None]:
    """Create and lock a workspace; another process may remove it before it is locked."""
    for _ in range(_ATTEMPTS):
        folder = Path(tempfile.mkdtemp(dir=path.parent, prefix=f'.{path.name}.avpr-'))
        lock = lock_now(folder)
        if lock is not None:
            return folder, lock
        with suppress(OSError):
            folder.rmdir()
    # A file system without locks.
    return Path(tempfile.mkdtemp(dir=path.parent, prefix=f'.{path.name}.avpr-')), None


def _removed(left: Path, path: Path) -> bool:
    if left.is_symlink() or not left.is_dir():
        return False
    lock = lock_now(left)
    if lock is None:
        return False
    try:
        age = _age(left)
        if not any(left.iterdir()):
            left.rmdir()
            return True
        if not (left / MARKER).is_file():
            return False
        if (left / REPLACED).exists() and not path.exists():
            (left / REPLACED).rename(path)
            _LOG.warning('%s is restored: a process ended while replacing it', path)
        _remove(left)
        _LOG.warning('removed %s, left %s ago by a process that was killed', left, age)
    except OSError:
        return False
    finally:
        os.close(lock)
    return True


def _remove(folder: Path) -> None:
    """Remove a workspace, its marker last: what a kill leaves of it is still known as ours."""
    with suppress(OSError):
        for entry in folder.iterdir():
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry, ignore_errors=True)
            elif entry.name != MARKER:
                entry.unlink()
    shutil.rmtree(folder, ignore_errors=True)


def _age(folder: Path) -> str:
    seconds = max(0.0, time.time() - folder.stat().st_mtime)
    for unit, length in (('days', 86400), ('h', 3600), ('min', 60)):
        if seconds >= length:
            return f'{seconds / length:.0f} {unit}'
    return f'{seconds:.0f} s'
