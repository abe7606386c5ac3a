# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Record of one version of a map: the hash of every file, and a hash of the record itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
import json
from pathlib import Path
import re

from avpr_ros.errors import MapError
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.gallery.manifest import FileEntry
from avpr_ros.gallery.map_folder import (
    MANIFEST,
    SIGNATURE,
    THUMBNAILS,
    check_file_name,
    map_file,
)
from avpr_ros.gallery.thumbnails import read_sums
from avpr_ros.json_fields import Fields, parse_object
from avpr_ros.storage.json_hash import check_hash, with_hash

#: Files lie in the store under their hash.
_SHA256 = re.compile('[0-9a-f]{64}')


@dataclass(frozen=True)
class VersionRecord:
    """One version of a map.

    Attributes:
        number: counts from 1.
        map_id: of the map.
        revision: of the map.
        content_hash: of the map, see ``Manifest.content_hash``.
        space_id: descriptor space, which query networks of the map must have.
        keyframes: how many.
        sessions: names of the drives.
        pushed: UTC, ISO 8601.
        files: hash and size of every file by its name in the map's folder.
    """

    number: int
    map_id: str
    revision: int
    content_hash: str
    space_id: str
    keyframes: int
    sessions: tuple[str, ...]
    pushed: str
    files: Mapping[str, FileEntry]

    @classmethod
    def of(cls, gallery: GalleryMap, number: int) -> VersionRecord:
        """Describe a map on disk whose hashes were checked; raises ``MapError``."""
        manifest, folder = gallery.manifest, gallery.path
        names = [MANIFEST, SIGNATURE, *manifest.files]
        names += [f'{THUMBNAILS}/{name}' for name in read_sums(folder)]
        there = [(name, map_file(folder, name)) for name in names]
        return cls(
            number,
            manifest.map_id,
            manifest.revision,
            manifest.content_hash,
            manifest.descriptor_space.id,
            len(gallery),
            tuple(session.name for session in manifest.sessions),
            datetime.now(timezone.utc).isoformat(timespec='seconds'),
            {name: FileEntry.from_file(path) for name, path in there if path is not None},
        )

    @property
    def name(self) -> str:
        """Name of the record's object in its folder."""
        return f'{self.number:06d}-{self.content_hash[:12]}.json'

    def to_bytes(self) -> bytes:
        """Return the JSON object, its own hash included."""
        data = with_hash(asdict(self))
        return (json.dumps(data, indent=1, sort_keys=True) + '\n').encode()

    @classmethod
    def from_bytes(cls, data: bytes, where: str) -> VersionRecord:
        """Read what ``to_bytes`` gave; raises ``MapError`` where it was changed."""
        try:
            whole = parse_object(data)
            check_hash(whole)
            fields = Fields(whole)
            files = fields.child('files')
            entries = {}
            for name in fields.mapping('files'):
                check_file_name(name)
                entry = files.child(name)
                entries[name] = _entry(entry)
            return cls(
                fields.integer('number'),
                fields.text('map_id'),
                fields.integer('revision'),
                fields.text('content_hash'),
                fields.text('space_id'),
                fields.integer('keyframes'),
                fields.texts('sessions'),
                fields.text('pushed'),
                entries,
            )
        except (KeyError, TypeError, ValueError) as error:
            raise MapError(f'{where} is damaged ({error}); push the map again') from error


def _entry(data: Fields) -> FileEntry:
    entry = FileEntry(data.text('sha256'), data.integer('bytes'))
    if not _SHA256.fullmatch(entry.sha256) or entry.bytes < 0:
        raise ValueError(f'{entry.sha256[:80]!r} of {entry.bytes} bytes is no file')
    return entry


def local_file(folder: Path, name: str) -> Path:
    """Return the path of a file of a map; raises ``MapError`` where it is missing."""
    path = map_file(folder, name)
    if path is None:
        raise MapError(f'{folder}: {name} is missing; copy the map again')
    return path
