# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Hash of the files of a drive, so that shards belong to bytes and not to paths."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
import hashlib
import json
from pathlib import Path

from avpr_ros.errors import SourceError
from avpr_ros.storage.files import sha256_of_file
from avpr_ros.storage.object_store import ObjectStore
from avpr_ros.storage.reading import reading

#: Where known hashes are kept, by path, size and time of change.
_FOLDER = 'contents'


def content_hash(paths: Sequence[Path], objects: ObjectStore) -> str:
    """Return the sha256 over names and bytes of all files of a drive.

    Files of the same path, size and time of change as before are not read again.

    Args:
        paths: bags, folders or files.
        objects: where the hashes are kept.

    Raises:
        SourceError: a file is missing or cannot be read.
    """
    with reading(paths[0], SourceError, 'check the path'):
        files = [(name, file, file.stat()) for name, file in _files(paths)]
        seen = [[str(file.resolve()), s.st_size, s.st_mtime_ns] for _, file, s in files]
        key = f'{_FOLDER}/{_digest(seen)[:40]}.txt'
        known = objects.read(key)
        if known is not None and len(known) == 64:
            return known.decode('ascii')
        found = _digest([[name, sha256_of_file(file)] for name, file, _ in files])
    objects.write(key, found.encode('ascii'))
    return found


def _files(paths: Sequence[Path]) -> Iterator[tuple[str, Path]]:
    for path in paths:
        if not path.exists():
            raise SourceError(f'{path} does not exist: give a bag or a folder of images.')
        if path.is_file():
            yield path.name, path
            continue
        for file in sorted(path.rglob('*')):
            if file.is_file():
                yield file.relative_to(path).as_posix(), file


def _digest(rows: list[list[object]]) -> str:
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()
