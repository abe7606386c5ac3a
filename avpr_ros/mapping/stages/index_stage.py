# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Index of one drive as a shard, with the checks of the drive; decodes a few images only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from avpr_ros.arrays import AnyArray
from avpr_ros.errors import AvprError, MapError
from avpr_ros.gallery.camera_json import camera_from_json, camera_to_json
from avpr_ros.json_fields import Fields
from avpr_ros.mapping.drive_checks import DriveRules, check_drives, require_ok
from avpr_ros.mapping.source_table import check_sources
from avpr_ros.mapping.stages.bag_content import content_hash
from avpr_ros.mapping.stages.fleet_plan import FleetPlan, PlannedDrive
from avpr_ros.mapping.stages.shards import ShardStore, shard_name
from avpr_ros.sources.frame import FrameSource, GeodeticOrigin
from avpr_ros.sources.frame_index import FrameIndex, index_frames
from avpr_ros.sources.open import open_recording
from avpr_ros.sources.options import SourceOptions

_TEXTS = 'name', 'map_frame', 'base_frame', 'pose_source'
_ARRAYS = 'stamps_ns', 'camera_rows', 'poses', 'recorded_ns'
#: A single drive may have fewer keyframes than a map needs; the map is checked as a whole.
_TOO_FEW = 'keyframes'


def open_drive(plan: FleetPlan, drive: PlannedDrive, origin: GeodeticOrigin | None) -> FrameSource:
    """Open a drive of a plan; raises ``SourceError``.

    Args:
        plan: with the options.
        drive: of it.
        origin: of the map frame; None: of the first fix.
    """
    options = replace(plan.options, geodetic_origin=origin)
    return open_recording([Path(path) for path in drive.paths], options)


def index_drive(
    plan: FleetPlan, drive: PlannedDrive, origin: GeodeticOrigin | None, store: ShardStore
) -> PlannedDrive:
    """Write the index of a drive, or find out why the drive cannot be used.

    Args:
        plan: with options and settings.
        drive: of it.
        origin: of the first drive of the map; None: this is the first.
        store: of the shards.

    Returns:
        The drive with the name of its index, or with the reason why it is left out.
    """
    try:
        facts = {
            'content': content_hash([Path(path) for path in drive.paths], store.objects),
            'options': _facts(plan.options, store),
            'origin': None if origin is None else asdict(origin),
        }
        name = shard_name('index', **facts)
        if not store.has(name):
            source = open_drive(plan, drive, origin)
            _check(plan, source)
            index = index_frames(source)
            store.write(name, {key: getattr(index, key) for key in _ARRAYS}, _index_facts(index))
    except AvprError as error:
        return replace(drive, index='', reason=str(error))
    return replace(drive, index=name, reason='')


def load_index(store: ShardStore, drive: PlannedDrive) -> FrameIndex:
    """Read the index of a drive; raises ``MapError`` where it is missing or damaged."""
    arrays, facts = store.need(drive.index, f'the index of {drive.text}')
    try:
        return _index(arrays, facts)
    except (KeyError, TypeError, ValueError) as error:
        raise MapError(f'the index of {drive.text} is damaged ({error}); delete the shards') from (
            error
        )


def _check(plan: FleetPlan, source: FrameSource) -> None:
    check_sources([source])
    settings = plan.settings
    rules = DriveRules(settings.min_distance_m, settings.min_rotation_rad, allow_duplicates=True)
    (checked,) = check_drives([source], rules)
    checks = tuple(check for check in checked.preflight.checks if check.name != _TOO_FEW)
    require_ok([replace(checked, preflight=replace(checked.preflight, checks=checks))])


def _facts(options: SourceOptions, store: ShardStore) -> dict[str, Any]:
    """Return the options as JSON, files by their content."""
    files = {
        name: None if path is None else content_hash([path], store.objects)
        for name, path in (('tum_file', options.tum_file), ('poses_csv', options.poses_csv))
    }
    plain = replace(options, tum_file=None, poses_csv=None, geodetic_origin=None)
    return {**asdict(plain), **files}


def _index_facts(index: FrameIndex) -> dict[str, Any]:
    origin = index.geodetic_origin
    return {
        **{key: getattr(index, key) for key in _TEXTS},
        'cameras': [camera_to_json(camera) for camera in index.cameras],
        'geodetic_origin': None if origin is None else asdict(origin),
    }


def _index(arrays: Mapping[str, AnyArray], facts: Mapping[str, Any]) -> FrameIndex:
    fields = Fields(facts)
    origin = facts['geodetic_origin']
    count, cameras = len(arrays['stamps_ns']), len(fields.children('cameras'))
    rows = arrays['camera_rows']
    if rows.dtype.kind != 'i' or any(len(arrays[name]) != count for name in _ARRAYS):
        raise ValueError('its columns differ in length or type')
    if count and not 0 <= rows.min() <= rows.max() < cameras:
        raise ValueError(f'it names other cameras than its {cameras}')
    return FrameIndex(
        fields.text('name'),
        fields.text('map_frame'),
        fields.text('base_frame'),
        fields.text('pose_source'),
        tuple(camera_from_json(camera) for camera in fields.children('cameras')),
        None if origin is None else GeodeticOrigin(**origin),
        arrays['stamps_ns'],
        arrays['camera_rows'],
        arrays['poses'],
        arrays['recorded_ns'],
    )
