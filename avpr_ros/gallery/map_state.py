# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Whether the files of a map are still those that were opened."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from avpr_ros.errors import MapError


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


def _state(path: Path) -> tuple[tuple[int, int], int, int] | None:
    try:
        found = path.lstat()
    except OSError:
        return None
    return (found.st_dev, found.st_ino), found.st_size, found.st_mtime_ns
