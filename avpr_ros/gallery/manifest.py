# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The map's ``manifest.json``: what the map is, and the hash of every file in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
import json
from pathlib import Path
from typing import Any

from avpr_ros.errors import MapError
from avpr_ros.gallery.calibration import Calibration
from avpr_ros.gallery.camera_json import camera_from_json, camera_to_json, origin_from_json
from avpr_ros.gallery.descriptor_space import SpaceInfo
from avpr_ros.gallery.index.index_info import IndexInfo
from avpr_ros.gallery.map_folder import MANIFEST, check_file_name, content_hash, open_manifest
from avpr_ros.json_fields import Fields, parse_object
from avpr_ros.sources.frame import Camera, GeodeticOrigin
from avpr_ros.storage.files import sha256_of_file, write_text_atomically
from avpr_ros.storage.json_hash import check_hash, with_hash

#: 1: first version.
FORMAT_VERSION = 1
NAME = MANIFEST


@dataclass(frozen=True)
class Session:
    """One source that went into the map.

    Attributes:
        name: the source's name.
        pose_source: where its poses came from, in words.
        frames: images with a pose.
        keyframes: how many of them became keyframes.
        undecodable: images that were wanted as keyframes and could not be decoded.
        start_ns: stamp of the first keyframe.
        end_ns: stamp of the last keyframe.
        first_problem: why the first of the undecodable images could not be; empty without.
        unusable: images that were wanted as keyframes and in which nothing is visible.
        first_unusable: why nothing is visible in the first of these; empty without.
    """

    name: str
    pose_source: str
    frames: int
    keyframes: int
    undecodable: int
    start_ns: int
    end_ns: int
    first_problem: str = ''
    unusable: int = 0
    first_unusable: str = ''


@dataclass(frozen=True)
class KeyframeSpacing:
    """Distance in metres and rotation in radians after which a new keyframe was taken."""

    distance_m: float
    rotation_rad: float


@dataclass(frozen=True)
class FileEntry:
    """Hash and size of a file of the map."""

    sha256: str
    bytes: int

    @classmethod
    def from_file(cls, path: Path) -> FileEntry:
        """Describe a file on disk."""
        return cls(sha256_of_file(path), path.stat().st_size)


@dataclass(frozen=True)
class Manifest:
    """Everything about a map that is not an array.

    Attributes:
        map_id: uuid of the map; stays when the map is revised.
        revision: 1 for a new map.
        created: UTC, ISO 8601.
        tool_version: version of this package that built it.
        descriptor_space: what the descriptors are.
        map_frame: frame of all poses.
        base_frame: frame the poses are of.
        cameras: the cameras; ``Keyframes.cameras`` indexes them.
        sessions: the sources; ``Keyframes.sessions`` indexes them.
        geodetic_origin: where the map frame's origin lies on the Earth, where known.
        keyframe_spacing: how keyframes were chosen.
        calibration: threshold for the gallery network itself, where there is one.
        index: what the index is; None in a map of before, whose index is exact.
        files: entry by name relative to the map's folder.
        format_version: version of the folder's layout.
    """

    map_id: str
    revision: int
    created: str
    tool_version: str
    descriptor_space: SpaceInfo
    map_frame: str
    base_frame: str
    cameras: tuple[Camera, ...]
    sessions: tuple[Session, ...]
    geodetic_origin: GeodeticOrigin | None
    keyframe_spacing: KeyframeSpacing
    calibration: Calibration | None
    index: IndexInfo | None = None
    files: Mapping[str, FileEntry] = field(default_factory=dict)
    format_version: int = FORMAT_VERSION

    @property
    def content_hash(self) -> str:
        """See ``map_folder.content_hash``."""
        return content_hash(self.to_json())

    def sealed(self, folder: Path, names: list[str]) -> Manifest:
        """Return a copy with the entries of the named files in the folder."""
        return replace(
            self, files={name: FileEntry.from_file(folder / name) for name in sorted(names)}
        )

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object, its own hash included."""
        origin = None if self.geodetic_origin is None else asdict(self.geodetic_origin)
        data: dict[str, Any] = {
            'format_version': self.format_version,
            'map_id': self.map_id,
            'revision': self.revision,
            'created': self.created,
            'tool_version': self.tool_version,
            'descriptor_space': self.descriptor_space.to_json(),
            'map_frame': self.map_frame,
            'base_frame': self.base_frame,
            'cameras': [camera_to_json(camera) for camera in self.cameras],
            'sessions': [asdict(session) for session in self.sessions],
            'geodetic_origin': origin,
            'keyframe_spacing': asdict(self.keyframe_spacing),
            'calibration': None if self.calibration is None else self.calibration.to_json(),
            'index': None if self.index is None else asdict(self.index),
            'files': {name: asdict(entry) for name, entry in self.files.items()},
        }
        return with_hash(data)

    def save(self, folder: Path) -> None:
        """Write ``manifest.json`` into the folder."""
        text = json.dumps(self.to_json(), indent=2, allow_nan=False)
        write_text_atomically(folder / NAME, text + '\n')

    @classmethod
    def load(cls, folder: Path) -> Manifest:
        """Read ``manifest.json`` of a map folder.

        Raises:
            MapError: not a map folder, truncated, changed after writing, or of another version.
        """
        return cls.parse(folder, open_manifest(folder).read())

    @classmethod
    def parse(cls, folder: Path, text: bytes) -> Manifest:
        """Read the bytes of the manifest of a map folder; raises as ``load``."""
        try:
            data = parse_object(text)
            version = data.get('format_version')
            if version != FORMAT_VERSION:
                raise MapError(
                    f'{folder} has map format version {version!r} and this program reads '
                    f'{FORMAT_VERSION}; build the map again or use the version that built it'
                )
            check_hash(data)
            return _from_json(Fields(data))
        except (ValueError, OverflowError) as error:
            raise MapError(
                f'{folder / NAME} is damaged ({error}); copy the map again or build it again'
            ) from error


def _from_json(data: Fields) -> Manifest:
    spacing = data.child('keyframe_spacing')
    files = data.child('files')
    return Manifest(
        map_id=data.text('map_id'),
        revision=data.integer('revision'),
        created=data.text('created'),
        tool_version=data.text('tool_version'),
        descriptor_space=SpaceInfo.from_json(data.child('descriptor_space')),
        map_frame=data.text('map_frame'),
        base_frame=data.text('base_frame'),
        cameras=tuple(camera_from_json(camera) for camera in data.children('cameras')),
        sessions=tuple(_session(session) for session in data.children('sessions')),
        geodetic_origin=origin_from_json(data.child('geodetic_origin'))
        if data.has('geodetic_origin')
        else None,
        keyframe_spacing=KeyframeSpacing(
            spacing.number('distance_m'), spacing.number('rotation_rad')
        ),
        calibration=Calibration.from_json(data.mapping('calibration'))
        if data.has('calibration')
        else None,
        index=IndexInfo.from_json(data.child('index')) if data.has('index') else None,
        files={name: _entry(name, files.child(name)) for name in data.mapping('files')},
    )


def _entry(name: str, data: Fields) -> FileEntry:
    check_file_name(name)
    return FileEntry(data.text('sha256'), data.integer('bytes'))


def _session(data: Fields) -> Session:
    return Session(
        data.text('name'),
        data.text('pose_source'),
        data.integer('frames'),
        data.integer('keyframes'),
        data.integer('undecodable'),
        data.integer('start_ns'),
        data.integer('end_ns'),
        data.text('first_problem') if data.has('first_problem') else '',
        data.integer('unusable') if data.has('unusable') else 0,
        data.text('first_unusable') if data.has('first_unusable') else '',
    )
