# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What may lie in a map folder, and whether a folder is a map that may be replaced."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
import re
import stat
from typing import Any

from avpr_ros.errors import MapError
from avpr_ros.json_fields import MAX_BYTES, read_object
from avpr_ros.storage.json_hash import FIELD, check_hash, with_hash
from avpr_ros.storage.open_file import OpenFile
from avpr_ros.storage.reading import reading

MANIFEST = 'manifest.json'
SIGNATURE = f'{MANIFEST}.sig'
_SIGNATURE_BYTES = 64
THUMBNAILS = 'thumbnails'
SUMS = 'SHA256SUMS'
THUMBNAIL_NAME = re.compile(r'\d{6,18}\.jpg')
#: Parts that a map may have without an entry in its manifest.
_UNLISTED = {MANIFEST, SIGNATURE, THUMBNAILS, 'report.html', 'warnings.json'}
#: Fields of a manifest, and files, that differ from build to build.
_NOT_CONTENT = {'map_id', 'revision', 'created', 'files', FIELD}
_REPORT = 'report.html'


def content_hash(manifest: Mapping[str, Any]) -> str:
    """Return the hash of what a map holds: equal for builds of the same drives and settings.

    Id, revision and time of the build are left out, and the report, which names them.

    Args:
        manifest: as JSON.
    """
    kept = {key: value for key, value in manifest.items() if key not in _NOT_CONTENT}
    files = {name: entry['sha256'] for name, entry in manifest['files'].items()}
    files.pop(_REPORT, None)
    return str(with_hash({**kept, 'files': files})[FIELD])


def check_file_name(name: str) -> None:
    """Check that a name of a manifest stays in its folder; raises ``ValueError``."""
    parts = PurePosixPath(name).parts
    plain = not name.startswith('/') and '\\' not in name and '\0' not in name
    if not parts or not plain or any(part in ('..', '.') for part in name.split('/')):
        raise ValueError(f'the file name {name[:80]!r} leads out of the map folder')


def map_file(folder: Path, name: str) -> Path | None:
    """Return the path of a file of a map; None where it is missing.

    Raises:
        MapError: it or a folder of its name is a symlink, or it is no regular file.
        OSError: it cannot be looked up.
    """
    path = folder
    parts = PurePosixPath(name).parts
    for number, part in enumerate(parts, start=1):
        path = path / part
        try:
            mode = path.lstat().st_mode
        except (FileNotFoundError, NotADirectoryError):
            return None
        if stat.S_ISLNK(mode):
            raise MapError(
                f'{path} is a symlink, which is not followed inside a map; copy the file itself'
            )
        if number == len(parts) and not stat.S_ISREG(mode):
            raise MapError(f'{path} is no regular file; copy the map again or build it again')
    return path


def open_manifest(folder: Path) -> OpenFile:
    """Open the manifest of a map.

    Raises:
        MapError: the folder is no map, or the manifest cannot be opened or is too large.
    """
    try:
        path = map_file(folder, MANIFEST)
        if path is None:
            raise MapError(f'{folder} is not a gallery map: it has no {MANIFEST}; see avpr build')
        file = OpenFile(path)
        if file.size > MAX_BYTES:
            raise ValueError(f'it has more than {MAX_BYTES // 1_000_000} MB')
        return file
    except (OSError, ValueError) as error:
        raise MapError(
            f'{folder / MANIFEST} is damaged ({error}); copy the map again or build it again'
        ) from error


def read_signature(folder: Path) -> bytes | None:
    """Return the bytes of a map's signature; None without; raises ``MapError``."""
    with reading(folder / SIGNATURE, MapError, 'sign the map again with avpr sign'):
        path = map_file(folder, SIGNATURE)
        if path is None:
            return None
        file = OpenFile(path)
        if file.size != _SIGNATURE_BYTES:
            raise ValueError(f'it has {file.size} bytes, expected {_SIGNATURE_BYTES}')
        return file.read()


def is_map(folder: Path) -> bool:
    """Return whether a folder holds the manifest of a map; its files may be damaged."""
    return _listed_files(folder) is not None


def check_replaceable(folder: Path) -> None:
    """Check that a folder is absent, empty, or a map with nothing else in it.

    Raises:
        MapError: it is something else, or holds files that are no part of the map.
    """
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    listed = _listed_files(folder)
    if listed is None:
        raise MapError(
            f'{folder} exists and is not a gallery map, so it is not replaced; choose another '
            'folder'
        )
    if strange := _other_entries(folder, listed):
        raise MapError(
            f'{folder} holds {strange[0]!r}, which is no part of the map and would be deleted '
            'with it; move it to another folder first'
        )


def _listed_files(folder: Path) -> set[str] | None:
    """Return the names that the manifest of a map lists; None where the folder is no map."""
    try:
        path = map_file(folder, MANIFEST)
        data = {} if path is None else read_object(path)
        check_hash(data)
        files = data['files']
        if not isinstance(data['map_id'], str) or 'descriptor_space' not in data:
            return None
        return {str(name) for name in files} if isinstance(files, dict) else None
    except (MapError, OSError, ValueError, KeyError):
        return None


def _other_entries(folder: Path, listed: set[str]) -> list[str]:
    own = listed | _UNLISTED
    found = [entry.name for entry in folder.iterdir() if entry.name not in own]
    small = folder / THUMBNAILS
    if small.is_dir() and not small.is_symlink():
        names = (entry.name for entry in small.iterdir())
        found += [f'{THUMBNAILS}/{n}' for n in names if n != SUMS and not _is_thumbnail(n)]
    return sorted(found)


def _is_thumbnail(name: str) -> bool:
    return THUMBNAIL_NAME.fullmatch(name) is not None
