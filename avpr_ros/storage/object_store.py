# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Whole objects by name, in a folder or behind any URI of fsspec: absent or complete."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
import os
from pathlib import Path, PurePosixPath
import re
from typing import Any, Protocol
import uuid

from avpr_ros.errors import ConfigError
from avpr_ros.storage.files import atomic_file, check_name
from avpr_ros.storage.reading import read_regular, reading, reason
from avpr_ros.storage.target_lock import target_lock

_URI = re.compile(r'[a-z][a-z0-9+.-]*(::|://)')
#: File systems of fsspec that rename in one step; the others write an object in one step.
_RENAMING = {'file', 'local', 'sftp', 'ssh', 'hdfs', 'smb'}
#: No part of a map or build has as many.
_MAX_BYTES = 1 << 40
_OBJECT_NAME = re.compile(r'[^/\\\0]+(/[^/\\\0]+)*')


class ObjectStore(Protocol):
    """Objects by name; ``/`` separates folders of a name.

    Attributes:
        address: of the store, for texts.
    """

    @property
    def address(self) -> str: ...  # noqa: D102

    def read(self, name: str) -> bytes | None:
        """Return an object, None where there is none; raises ``ConfigError``."""
        ...

    def write(self, name: str, data: bytes) -> None:
        """Write an object whole, replacing the one of that name; raises ``ConfigError``."""
        ...

    def size(self, name: str) -> int | None:
        """Return the bytes of an object, None where there is none; raises ``ConfigError``."""
        ...

    def names(self, folder: str, depth: int | None = None) -> list[str]:
        """Return the names below a folder, sorted, of so many parts; raises ``ConfigError``."""
        ...

    def delete(self, name: str) -> None:
        """Delete an object, if there is one; raises ``ConfigError``."""
        ...

    def lock(self, name: str) -> AbstractContextManager[None]:
        """Keep other writers from a name, where the store has locks; URIs have none.

        Raises:
            ConfigError: the store cannot be written.
            OutputBusyError: another process holds the lock.
        """
        ...


def open_objects(address: str | Path) -> ObjectStore:
    """Open a folder, which need not exist, or a URI such as ``s3://bucket/maps``.

    Raises:
        ConfigError: the protocol is unknown, or its package is not installed.
    """
    text = str(address)
    return RemoteObjects(text) if _URI.match(text) else LocalObjects(Path(text))


def _checked(name: str) -> str:
    """Return a name that stays in its store; raises ``ConfigError`` for any other."""
    if not _OBJECT_NAME.fullmatch(name) or {'.', '..'} & set(name.split('/')):
        raise ConfigError(
            f'the object name {name[:80]!r} leads out of its folder; write the files that name it '
            'again'
        )
    return name


class LocalObjects:
    """Objects as files of a folder, each written to a temporary file, flushed and renamed."""

    def __init__(self, root: Path) -> None:
        check_name(root)
        self._root = root

    @property
    def address(self) -> str:
        """See ``ObjectStore``."""
        return str(self._root)

    def read(self, name: str) -> bytes | None:
        """See ``ObjectStore``."""
        path = self._root / _checked(name)
        with reading(path, ConfigError, 'check the folder'):
            try:
                return read_regular(path, _MAX_BYTES)
            except (FileNotFoundError, NotADirectoryError):
                return None

    def write(self, name: str, data: bytes) -> None:
        """See ``ObjectStore``."""
        try:
            with atomic_file(self._root / _checked(name)) as temporary:
                temporary.write_bytes(data)
        except OSError as error:
            raise ConfigError(
                f'{self._root / name} cannot be written ({error.strerror or error}); free disk '
                'space or choose another folder'
            ) from error

    def size(self, name: str) -> int | None:
        """See ``ObjectStore``."""
        path = self._root / _checked(name)
        with reading(path, ConfigError, 'check the folder'):
            return path.stat().st_size if path.is_file() else None

    def names(self, folder: str, depth: int | None = None) -> list[str]:
        """See ``ObjectStore``; files that are being written are hidden and left out."""
        found = []  # os.walk passes over folders that end meanwhile, as those of files do
        for base, folders, files in os.walk(self._root / folder):
            level = len(Path(base).relative_to(self._root / folder).parts) + 1
            folders[:] = [one for one in folders if depth != level and not one.startswith('.')]
            if depth in (None, level):
                found += [Path(base) / one for one in files if not one.startswith('.')]
        return sorted(one.relative_to(self._root).as_posix() for one in found if one.is_file())

    def delete(self, name: str) -> None:
        """See ``ObjectStore``."""
        path = self._root / _checked(name)
        with reading(path, ConfigError, 'check the folder'):
            path.unlink(missing_ok=True)

    @contextmanager
    def lock(self, name: str) -> Iterator[None]:
        """See ``ObjectStore``."""
        with ExitStack() as stack:
            try:
                stack.enter_context(target_lock(self._root / _checked(name)))
            except OSError as error:
                raise ConfigError(
                    f'{self._root} cannot be written ({error.strerror or error}); choose another '
                    'folder'
                ) from error
            yield


class RemoteObjects:
    """Objects behind a URI of fsspec."""

    def __init__(self, uri: str) -> None:
        """Open the file system of a URI.

        Raises:
            ConfigError: the protocol is unknown, or its package is not installed.
        """
        try:
            import fsspec
            from fsspec.core import url_to_fs
        except ImportError as error:
            raise ConfigError(
                f'{uri} needs the package fsspec, which is not installed: pip install fsspec'
            ) from error
        del fsspec
        try:
            system, root = url_to_fs(uri)
        except (ImportError, ValueError) as error:
            raise ConfigError(f'{uri} cannot be opened: {reason(error)}') from error
        self._system: Any = system
        self._root = str(root).rstrip('/')
        self._address = uri
        protocol = system.protocol
        kinds = {protocol} if isinstance(protocol, str) else set(protocol)
        self._renames = bool(kinds & _RENAMING)

    @property
    def address(self) -> str:
        """See ``ObjectStore``."""
        return self._address

    def read(self, name: str) -> bytes | None:
        """See ``ObjectStore``."""
        with reading(Path(f'{self._address}/{name}'), ConfigError, 'check the URI'):
            self._system.invalidate_cache()
            try:
                return bytes(self._system.cat_file(self._path(name)))
            except FileNotFoundError:
                return None

    def write(self, name: str, data: bytes) -> None:
        """See ``ObjectStore``."""
        path = self._path(name)
        try:
            self._system.makedirs(str(PurePosixPath(path).parent), exist_ok=True)
            if not self._renames:
                self._system.pipe_file(path, data)
                return
            temporary = f'{path}.{uuid.uuid4().hex}.tmp'
            self._system.pipe_file(temporary, data)
            self._system.mv(temporary, path)
        # Every file system of fsspec raises errors of its own.
        except Exception as error:
            raise ConfigError(
                f'{self._address}/{name} cannot be written ({reason(error)}); check the URI and '
                'the credentials'
            ) from error

    def size(self, name: str) -> int | None:
        """See ``ObjectStore``."""
        with reading(Path(f'{self._address}/{name}'), ConfigError, 'check the URI'):
            self._system.invalidate_cache()
            try:
                return int(self._system.size(self._path(name)))
            except FileNotFoundError:
                return None

    def names(self, folder: str, depth: int | None = None) -> list[str]:
        """See ``ObjectStore``."""
        with reading(Path(self._address), ConfigError, 'check the URI and the credentials'):
            self._system.invalidate_cache()
            try:
                found = self._system.find(f'{self._root}/{folder}', maxdepth=depth)
            except FileNotFoundError:
                return []
        start = len(self._root) + 1
        names = (str(name)[start:] for name in found)  # others may write by a path
        whole = (one for one in names if not one.endswith('.tmp') and '/.' not in f'/{one}')
        above = len(PurePosixPath(folder).parts)
        return sorted(one for one in whole if depth in (None, one.count('/') + 1 - above))

    def delete(self, name: str) -> None:
        """See ``ObjectStore``."""
        with reading(Path(f'{self._address}/{name}'), ConfigError, 'check the URI'):
            if self._system.exists(self._path(name)):
                self._system.rm_file(self._path(name))

    def lock(self, name: str) -> AbstractContextManager[None]:
        """See ``ObjectStore``."""
        return nullcontext()

    def _path(self, name: str) -> str:
        return f'{self._root}/{_checked(name)}'
