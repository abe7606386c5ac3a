# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Plan of a build over many drives: what all processes that take part in it must agree on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
import json
from pathlib import Path
from typing import Any

from avpr_ros import __version__
from avpr_ros.errors import MapError
from avpr_ros.json_fields import Fields, parse_object
from avpr_ros.mapping.stages.map_writer import MapSettings
from avpr_ros.mapping.stages.shards import is_shard_name
from avpr_ros.sources.options import SourceOptions
from avpr_ros.storage.object_json import read_json
from avpr_ros.storage.object_store import ObjectStore

NAME = 'plan.json'
_PATHS = 'tum_file', 'poses_csv'


@dataclass(frozen=True, kw_only=True)
class FleetSettings(MapSettings):
    """Settings of a build over many drives; see ``avpr_ros.build_map`` for their meanings."""

    network: str = 'embedded'
    dim: int = 512
    views: int = 0
    landmarks: bool = True
    learned_features: bool = True
    allow_duplicates: bool = False
    space_of: str = ''


@dataclass(frozen=True)
class PlannedDrive:
    """One drive of a plan.

    Attributes:
        paths: the bag or folder, or the files of one recording.
        index: name of the shard of its index; empty where the drive is left out.
        reason: why it is left out; empty otherwise.
    """

    paths: tuple[str, ...]
    index: str = ''
    reason: str = ''

    @property
    def text(self) -> str:
        """Name of the drive, for messages."""
        return Path(self.paths[0]).name


@dataclass(frozen=True)
class FleetPlan:
    """Drives and settings of one map.

    Attributes:
        drives: in the order of the map.
        options: how they are read.
        settings: of the build.
        version: of the package; processes of other versions are refused.
    """

    drives: tuple[PlannedDrive, ...]
    options: SourceOptions = field(default_factory=SourceOptions)
    settings: FleetSettings = field(default_factory=FleetSettings)
    version: str = __version__

    @classmethod
    def of(
        cls, recordings: Sequence[Sequence[Path]], options: SourceOptions, settings: FleetSettings
    ) -> FleetPlan:
        """Return a plan in which no drive is indexed yet; paths are absolute."""
        drives = tuple(
            PlannedDrive(tuple(str(path.absolute()) for path in files)) for files in recordings
        )
        return cls(drives, _absolute(options), settings)

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object, as a JSON file has it: workers get it without one."""
        options = asdict(self.options)
        for name in _PATHS:
            options[name] = None if options[name] is None else str(options[name])
        return {
            'version': self.version,
            'settings': asdict(self.settings),
            'options': options,
            'drives': [{**asdict(drive), 'paths': [*drive.paths]} for drive in self.drives],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> FleetPlan:
        """Read what ``to_json`` gave.

        Raises:
            MapError: it is of another version of this package.
            KeyError, TypeError, ValueError: damaged.
        """
        if data['version'] != __version__:
            raise MapError(
                f'the shards were planned by avpr_ros {data["version"]} and this is '
                f'{__version__}; use one version for all processes of a build'
            )
        options = {**data['options']}
        for name in _PATHS:
            options[name] = None if options[name] is None else Path(options[name])
        options['image_topics'] = tuple(options['image_topics'])
        options['map_cameras'] = ()
        options['geodetic_origin'] = None
        drives = tuple(_drive(one) for one in Fields(data).children('drives'))
        return cls(drives, SourceOptions(**options), _settings(data['settings']))

    def save(self, objects: ObjectStore) -> None:
        """Write the plan into the folder of the shards; the same plan is not written again."""
        data = (json.dumps(self.to_json(), indent=1, sort_keys=True) + '\n').encode()
        if objects.read(NAME) != data:
            objects.write(NAME, data)

    @classmethod
    def load(cls, objects: ObjectStore) -> FleetPlan:
        """Read the plan of the shards; raises ``MapError`` where there is none."""
        data = read_json(objects, NAME)
        if data is None:
            raise MapError(
                f'{objects.address} has no {NAME}: no build has put shards there; run '
                '`avpr build BAGS --shards FOLDER --shard I/N` first'
            )
        try:
            plan = cls.from_json(parse_object(data))
            # Written once all drives have one or the other; workers get the plan before.
            if without := [one.paths for one in plan.drives if not (one.index or one.reason)]:
                raise ValueError(f'the drive of {without[0]} has no index')
            return plan
        except (KeyError, TypeError, ValueError) as error:
            raise MapError(
                f'{NAME} in {objects.address} is damaged ({error}); run `avpr build` with --shard '
                'again'
            ) from error


def _drive(data: Fields) -> PlannedDrive:
    drive = PlannedDrive(data.texts('paths'), data.text('index'), data.text('reason'))
    if not drive.paths or (drive.index and not is_shard_name(drive.index)):
        raise ValueError(f'a drive has the paths {drive.paths} and the index {drive.index!r:.80}')
    return drive


def _settings(data: Mapping[str, Any]) -> FleetSettings:
    """Return settings whose values have the types of the defaults; raises ``TypeError``."""
    for one in fields(FleetSettings):
        value, kind = data[one.name], type(one.default)
        if type(value) is not kind and not (kind is float and type(value) is int):
            raise TypeError(f'{one.name} is {value!r:.80}, expected {kind.__name__}')
    return FleetSettings(**data)


def _absolute(options: SourceOptions) -> SourceOptions:
    paths = {name: getattr(options, name) for name in _PATHS}
    given = {name: path.absolute() for name, path in paths.items() if path is not None}
    return replace(options, **given)
