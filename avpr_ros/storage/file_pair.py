# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A large file and the JSON file that names its hash, replaced as one.

The new file waits beside the old one, under a name with its hash, until the JSON file is replaced:
that is the moment from which the new pair holds. Then it takes the old one's place. A process that
is killed in between leaves a pair that can be read, and that the next run brings in order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
import hashlib
import os
from pathlib import Path
import re
from typing import Any, TypeAlias

from avpr_ros.json_fields import read_object
from avpr_ros.storage.files import flush_folder, sha256_of_file
from avpr_ros.storage.reading import read_regular
from avpr_ros.storage.target_lock import real_path, target_lock
from avpr_ros.storage.workspace import remove_leftovers

#: Writes the JSON file, whole or not at all.
SaveRecord: TypeAlias = Callable[[Path], Any]
_HEX = 16
#: Of a file that is read into memory.
_MAX_BYTES = 1_000_000_000


@contextmanager
def pair_lock(path: Path, hash_field: str) -> Iterator[None]:
    """Lock a pair for writing, after bringing in order what a killed process left of it.

    Args:
        path: the large file; the JSON file has the same name with ``.json``.
        hash_field: of the JSON object, with the sha256 of the large file.

    Raises:
        OutputBusyError: another process is writing it.
    """
    with target_lock(path):
        _settle(real_path(path), path.with_suffix('.json'), hash_field)
        yield


def replace_pair(new: Path, path: Path, sha256: str, save_record: SaveRecord) -> None:
    """Replace both files; on error the old pair stays.

    Args:
        new: the new large file, on the same file system; it is moved.
        path: the large file.
        sha256: of the new file.
        save_record: called with the path of the JSON file.
    """
    record, path = path.with_suffix('.json'), real_path(path)
    with new.open('rb') as stream:
        os.fsync(stream.fileno())
    waiting = _waiting(path, sha256)
    new.replace(waiting)
    try:
        save_record(record)
    except Exception:
        waiting.unlink(missing_ok=True)
        raise
    waiting.replace(path)
    flush_folder(path.parent)


def matching_file(path: Path, sha256: str) -> Path | None:
    """Return the file of a pair that has the hash its JSON file names; None without."""
    for file in (path, _waiting(real_path(path), sha256)):
        if file.is_file() and sha256_of_file(file) == sha256:
            return file
    return None


def matching_bytes(path: Path, sha256: str) -> bytes | None:
    """Return the bytes of the file that ``matching_file`` finds, read once, as they were hashed.

    Raises:
        OSError: it cannot be read.
        ValueError: it is larger than networks of a robot are.
    """
    for file in (path, _waiting(real_path(path), sha256)):
        if not file.is_file():
            continue
        data = read_regular(file, _MAX_BYTES)
        if hashlib.sha256(data).hexdigest() == sha256:
            return data
    return None


def _settle(path: Path, record: Path, hash_field: str) -> None:
    """Finish a replacement that was cut off, or remove the new file that was never named."""
    remove_leftovers(path)
    remove_leftovers(real_path(record))
    pattern = re.compile(rf'\.{re.escape(path.name)}\.([0-9a-f]{{{_HEX}}})\.avpr-new')
    for file in path.parent.iterdir():
        match = pattern.fullmatch(file.name)
        if match is None or file.is_symlink() or not file.is_file():
            continue
        sha256 = sha256_of_file(file)
        if not sha256.startswith(match[1]):
            continue  # not ours
        if _named_hash(record, hash_field) == sha256:
            file.replace(path)
        else:
            file.unlink()


def _named_hash(record: Path, hash_field: str) -> object:
    try:
        return read_object(record).get(hash_field)
    except (OSError, ValueError):
        return None


def _waiting(path: Path, sha256: str) -> Path:
    digits = re.sub('[^0-9a-f]', '', sha256)[:_HEX]
    return path.with_name(f'.{path.name}.{digits}.avpr-new')
