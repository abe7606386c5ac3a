# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Versions of maps in an object store: pushed, pulled and rolled back, each whole or not at all.

Files lie under their hash, so that versions share what did not change. A version is its record,
written after its files; the current one is named by one more object.
"""

from __future__ import annotations

from collections.abc import Iterator
import hashlib
import json
from pathlib import Path
import re

from avpr_ros.errors import ConfigError, MapError
from avpr_ros.gallery.gallery_map import REPORT, VIEWS, GalleryMap
from avpr_ros.gallery.map_folder import MANIFEST, SIGNATURE, THUMBNAILS, check_replaceable
from avpr_ros.json_fields import Fields, parse_object
from avpr_ros.mapping.map_builder import not_written
from avpr_ros.mapping.versions.version_record import VersionRecord, local_file
from avpr_ros.storage.files import atomic_folder
from avpr_ros.storage.object_json import read_json
from avpr_ros.storage.object_store import ObjectStore

_NAME = re.compile(r'[A-Za-z0-9][A-Za-z0-9._-]{0,99}')
#: What a robot does without.
_NOT_ON_ROBOTS = (REPORT, VIEWS)


class MapVersions:
    """All versions of one map; ``name`` is that of the map in the store."""

    def __init__(self, objects: ObjectStore, name: str) -> None:
        """Set up; raises ``ConfigError`` for a name that is no plain word."""
        if not _NAME.fullmatch(name) or name == 'objects':
            raise ConfigError(f'{name!r} is no name of a map; use letters, digits, . _ and -')
        self.name = name
        self._objects = objects

    def records(self) -> list[VersionRecord]:
        """Return all versions, the oldest first; raises ``MapError`` where one is damaged."""
        return [self._record(name) for name in self._objects.names(f'{self.name}/versions')]

    def current(self) -> VersionRecord:
        """Return the version that robots pull; raises ``MapError`` where there is none."""
        data = read_json(self._objects, f'{self.name}/current.json')
        if data is None:
            raise MapError(
                f'{self._objects.address} has no map {self.name}; run `avpr maps push` first'
            )
        try:
            name = Fields(parse_object(data)).text('version')
        except ValueError as error:
            raise MapError(f'{self.name}/current.json is damaged ({error}); roll back') from error
        return self._record(f'{self.name}/versions/{name}')

    def version(self, number: int | None) -> VersionRecord:
        """Return a version by its number, the current one for None; raises ``MapError``."""
        if number is None:
            return self.current()
        found = [record for record in self.records() if record.number == number]
        if not found:
            known = ', '.join(str(record.number) for record in self.records()) or 'none'
            raise MapError(f'map {self.name} has no version {number}; there are: {known}')
        return found[-1]

    def push(self, folder: Path) -> VersionRecord:
        """Store a map as the next version and make it the current one.

        Returns:
            The record; that of the current version where the map is the same.

        Raises:
            ConfigError: the store lies in the map, which could not be replaced with it.
            MapError: the map is damaged, or changed meanwhile.
            OutputBusyError: another process pushes a version of this map.
        """
        address = self._objects.address
        if '://' not in address and Path(address).resolve().is_relative_to(folder.resolve()):
            raise ConfigError(
                f'the store {address} lies in the map {folder}; choose another folder'
            )
        gallery = GalleryMap.open(folder)
        with self._objects.lock(self.name):
            return self._push(gallery)

    def _push(self, gallery: GalleryMap) -> VersionRecord:
        folder = gallery.path
        before = self.records()
        new = VersionRecord.of(gallery, max((one.number for one in before), default=0) + 1)
        if before:
            now = self.current()
            if now.files == new.files:
                return now
        for name, entry in new.files.items():
            key = _key(entry.sha256)
            if self._objects.size(key) != entry.bytes:
                data = local_file(folder, name).read_bytes()
                if hashlib.sha256(data).hexdigest() != entry.sha256:
                    raise MapError(f'{folder}: {name} changed while it was pushed; push again')
                self._objects.write(key, data)
        self._objects.write(f'{self.name}/versions/{new.name}', new.to_bytes())
        self._set_current(new)
        return new

    def pull(
        self, folder: Path, number: int | None = None, *, for_robot: bool = False
    ) -> tuple[VersionRecord, bool]:
        """Replace a map folder by a version; the old one stays whole until the new one is.

        Args:
            folder: of the map; may be absent.
            number: of the version; None: the current one.
            for_robot: leave out thumbnails, views and report.

        Returns:
            The version, and whether the folder was replaced: it is not where it has it already.

        Raises:
            MapError: a file is missing or damaged, or the folder cannot be written; it stays as
                it was.
        """
        record = self.version(number)
        if _has(folder, record):
            return record, False
        try:
            with atomic_folder(folder, replace=True, check=check_replaceable) as new:
                for name, data in self._files(record, for_robot):
                    path = new / name
                    path.parent.mkdir(exist_ok=True)
                    path.write_bytes(data)
                GalleryMap.open(new)
        except OSError as error:
            raise not_written(folder, error) from error
        return record, True

    def roll_back(self, number: int | None = None) -> VersionRecord:
        """Make an earlier version the current one; by default that before the current one.

        Raises:
            MapError: there is no such version.
        """
        now = self.current()
        if number is None:
            earlier = [one for one in self.records() if one.number < now.number]
            if not earlier:
                raise MapError(f'map {self.name} has no version before {now.number}')
            found = earlier[-1]
        else:
            found = self.version(number)
        self._set_current(found)
        return found

    def verify(self) -> int:
        """Read every file of every version; return their number; raises ``MapError``."""
        self.current()
        checked: set[str] = set()
        for record in self.records():
            for _ in self._files(record, False, checked):
                pass
        return len(checked)

    def _files(
        self, record: VersionRecord, for_robot: bool, seen: set[str] | None = None
    ) -> Iterator[tuple[str, bytes]]:
        for name, entry in record.files.items():
            if for_robot and (name in _NOT_ON_ROBOTS or name.startswith(f'{THUMBNAILS}/')):
                continue
            if seen is not None and entry.sha256 in seen:
                continue
            key = _key(entry.sha256)
            # A larger object is not read into memory.
            fits = self._objects.size(key) in (entry.bytes, None)
            data = self._objects.read(key) if fits else b''
            if data is None or hashlib.sha256(data).hexdigest() != entry.sha256:
                state = 'missing' if data is None else 'damaged (wrong hash)'
                raise MapError(
                    f'{name} of version {record.number} of {self.name} is {state} in '
                    f'{self._objects.address}; push the map again'
                )
            if seen is not None:
                seen.add(entry.sha256)
            yield name, data

    def _record(self, name: str) -> VersionRecord:
        data = read_json(self._objects, name)
        if data is None:
            raise MapError(f'{name} is missing in {self._objects.address}; push the map again')
        return VersionRecord.from_bytes(data, name)

    def _set_current(self, record: VersionRecord) -> None:
        text = json.dumps({'version': record.name}) + '\n'
        self._objects.write(f'{self.name}/current.json', text.encode())


def map_names(objects: ObjectStore) -> list[str]:
    """Return the names of the maps of a store."""
    parts = (name.split('/') for name in objects.names('', depth=2))
    return sorted(name for name, file in parts if file == 'current.json')


def differences(old: VersionRecord, new: VersionRecord) -> list[tuple[str, str]]:
    """Return (what, change) pairs of two versions; empty where they are the same."""
    found = [
        (what, f'{getattr(old, field)} -> {getattr(new, field)}')
        for what, field in (
            ('map id', 'map_id'),
            ('revision', 'revision'),
            ('content hash', 'content_hash'),
            ('descriptor space', 'space_id'),
            ('keyframes', 'keyframes'),
        )
        if getattr(old, field) != getattr(new, field)
    ]
    for what, ours, theirs in (
        ('drives', old.sessions, new.sessions),
        ('files', _plain(old), _plain(new)),
    ):
        added = [name for name in theirs if name not in ours]
        removed = [name for name in ours if name not in theirs]
        found += [(f'{what} added', ', '.join(added))] if added else []
        found += [(f'{what} removed', ', '.join(removed))] if removed else []
    changed = [n for n in _plain(old) if n in new.files and new.files[n] != old.files[n]]
    found += [('files changed', ', '.join(changed))] if changed else []
    return found


def _plain(record: VersionRecord) -> tuple[str, ...]:
    return tuple(n for n in record.files if not n.startswith(f'{THUMBNAILS}/') and n != MANIFEST)


def _has(folder: Path, record: VersionRecord) -> bool:
    """Return whether a folder holds a version, at least what a robot needs of it."""
    try:
        GalleryMap.open(folder)
        wanted = [name for name in (MANIFEST, SIGNATURE) if name in record.files]
        texts = [(folder / name).read_bytes() for name in wanted]
    except (MapError, OSError):
        return False
    hashes = [hashlib.sha256(text).hexdigest() for text in texts]
    return hashes == [record.files[name].sha256 for name in wanted]


def _key(sha256: str) -> str:
    return f'objects/{sha256[:2]}/{sha256}'
