# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The files of a map: each opened once, and whether those on disk are still the same."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path

from avpr_ros.errors import MapError
from avpr_ros.gallery.manifest import Manifest
from avpr_ros.gallery.map_folder import map_file
from avpr_ros.storage.open_file import OpenFile


class MapState:
    """Identity, size and time of the last change of a map's files at one moment."""

    def __init__(self, folder: Path, names: Iterable[str]) -> None:
        """Look the files up.

        Args:
            folder: of the map.
            names: of its files; one that is missing may stay so.
        """
        self._folder = folder
        self._files = {name: _state(folder / name) for name in names}

    def change(self) -> str | None:
        """Return which file is no longer the same and why, as a clause; None where all are."""
        for name, before in self._files.items():
            now = _state(self._folder / name)
            if now == before:
                continue
            if now is None:
                return f'{name} was removed'
            written_over = before is not None and now[0] == before[0]
            return f'{name} was {"written over" if written_over else "replaced"}'
        return None

    def check(self) -> None:
        """Raise ``MapError`` where a file is no longer the same."""
        if change := self.change():
            raise MapError(f'{self._folder} was changed on disk ({change}); load the map again')


def open_files(
    folder: Path,
    manifest: Manifest,
    required: Collection[str],
    optional: Collection[str],
    verify: bool,
) -> dict[str, OpenFile]:
    """Open and check the files that a manifest lists.

    Args:
        folder: of the map.
        manifest: of the map.
        required: names that the manifest must list.
        optional: names of files that may be missing.
        verify: compare the hashes, too.

    Returns:
        The files of these names, open, by name.

    Raises:
        MapError: a file is missing, damaged, a symlink or no regular file.
        OSError: one cannot be opened.
    """
    for name in required:
        if name not in manifest.files:
            raise MapError(f'{folder}: the manifest does not list {name}; build the map again')
    files = {}
    for name, entry in manifest.files.items():
        found = map_file(folder, name)
        if found is None:
            if name in optional:
                continue
            raise MapError(f'{folder}: {name} is missing; copy the map again or build it again')
        file = OpenFile(found)
        if file.size != entry.bytes:
            raise MapError(
                f'{folder}: {name} has {file.size} bytes, the manifest says {entry.bytes}; copy '
                'the map again or build it again'
            )
        if verify and file.sha256() != entry.sha256:
            raise MapError(
                f'{folder}: {name} is damaged (wrong hash); copy the map again or build it again'
            )
        if name in required or name in optional:
            files[name] = file
    return files


def check_all_listed(folder: Path, manifest: Manifest, names: Collection[str]) -> None:
    """Check that a signed map holds no file that its signature does not cover.

    Args:
        folder: of the map.
        manifest: of the map.
        names: of the files that are read.

    Raises:
        MapError: one of them is there and the manifest does not list it.
    """
    for name in names:
        if name not in manifest.files and map_file(folder, name) is not None:
            raise MapError(
                f'{folder} holds {name}, which its manifest and so its signature does not cover; '
                'remove the file'
            )


def _state(path: Path) -> tuple[tuple[int, int], int, int] | None:
    try:
        found = path.lstat()
    except OSError:
        return None
    return (found.st_dev, found.st_ino), found.st_size, found.st_mtime_ns
