# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""``avpr maps``: versions of maps for a fleet, in a folder or behind a URI."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from avpr_ros.mapping.versions.map_versions import MapVersions

maps = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help='Versions of maps in a folder or behind a URI: push, pull, roll back.',
)

Store = Annotated[str, typer.Argument(help='Folder or URI (s3://..., any of fsspec) of the maps.')]
Folder = Annotated[Path, typer.Argument(metavar='MAP', help='Folder of a map.')]
Name = Annotated[str, typer.Option(help='Name of the map in the store.')]
Version = Annotated[int | None, typer.Option(help='Number of a version; otherwise the current.')]


@maps.command('list')
def list_versions(store: Store) -> None:
    """List maps and their versions; a star marks the one that robots pull."""
    from avpr_ros.cli.console import print_columns, print_note
    from avpr_ros.mapping.versions.map_versions import map_names
    from avpr_ros.storage.object_store import open_objects

    rows = [['map', 'version', 'keyframes', 'drives', 'content hash', 'pushed']]
    for name in map_names(open_objects(store)):
        versions = _versions(store, name)
        current = versions.current()
        for one in versions.records():
            star = ' *' if one.name == current.name else ''
            facts = [str(one.keyframes), str(len(one.sessions)), one.content_hash[:12], one.pushed]
            rows.append([name, f'{one.number}{star}', *facts])
    if len(rows) == 1:
        print_note(f'{store} holds no maps; see avpr maps push')
    else:
        print_columns(f'maps of {store}', rows)


@maps.command('push')
def push(folder: Folder, store: Store, name: Name = '') -> None:
    """Store a map as the next version, which robots pull from then on."""
    from avpr_ros.cli.console import print_note

    record = _versions(store, name or folder.resolve().name).push(folder)
    print_note(
        f'{name or folder.resolve().name}: version {record.number}, {record.keyframes} keyframes, '
        f'content hash {record.content_hash}'
    )


@maps.command('pull')
def pull(
    store: Store,
    folder: Folder,
    name: Name = '',
    version: Version = None,
    robot: Annotated[
        bool, typer.Option('--robot', help='Leave out thumbnails, views and report.')
    ] = False,
) -> None:
    """Replace a map by the current version, or another one; `~/reload_map` then opens it."""
    from avpr_ros.cli.console import print_note

    versions = _versions(store, name or folder.resolve().name)
    record, replaced = versions.pull(folder, version, for_robot=robot)
    state = 'is now' if replaced else 'was already'
    print_note(f'{folder} {state} version {record.number} of {versions.name}')
    if replaced:
        print_note('next: ros2 service call /avpr_localizer/reload_map std_srvs/srv/Trigger')


@maps.command('rollback')
def rollback(store: Store, name: Name, version: Version = None) -> None:
    """Make an earlier version the one that robots pull; by default the one before."""
    from avpr_ros.cli.console import print_note

    record = _versions(store, name).roll_back(version)
    print_note(f'{name}: robots pull version {record.number} from now on')


@maps.command('verify')
def verify(store: Store, name: Name = '') -> None:
    """Read every file of every version and compare its hash."""
    from avpr_ros.cli.console import print_note
    from avpr_ros.errors import MapError
    from avpr_ros.mapping.versions.map_versions import map_names
    from avpr_ros.storage.object_store import open_objects

    names = [name] if name else map_names(open_objects(store))
    if not names:
        raise MapError(f'{store} holds no maps; give the store that avpr maps push was given')
    for one in names:
        print_note(f'{one}: {_versions(store, one).verify()} files match their hashes')


@maps.command('diff')
def diff(store: Store, name: Name, old: int, new: int) -> None:
    """Print what differs between two versions."""
    from avpr_ros.cli.console import print_note, print_table
    from avpr_ros.mapping.versions.map_versions import differences

    versions = _versions(store, name)
    rows = differences(versions.version(old), versions.version(new))
    if rows:
        print_table(f'{name}: version {old} -> {new}', rows)
    else:
        print_note(f'{name}: versions {old} and {new} are the same')


def _versions(store: str, name: str) -> MapVersions:
    from avpr_ros.mapping.versions.map_versions import MapVersions
    from avpr_ros.storage.object_store import open_objects

    return MapVersions(open_objects(store), name)
