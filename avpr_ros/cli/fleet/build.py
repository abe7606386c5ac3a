# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""``avpr build`` with ``--shards``: part of a build, or all of it, here or by Ray."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from avpr_ros.cli.fleet.options import FleetOptions
from avpr_ros.errors import ConfigError

if TYPE_CHECKING:
    from avpr_ros.api.fleet import Fleet
    from avpr_ros.mapping.stages.fleet_plan import FleetSettings
    from avpr_ros.mapping.stages.runner import Runner
    from avpr_ros.sources.options import SourceOptions

#: Exit status where the map is made, but a drive had to be left out.
LEFT_OUT = 1


def build_shards(
    sources: list[Path],
    output: Path | None,
    settings: FleetSettings,
    options: SourceOptions,
    fleet_options: FleetOptions,
    replace: bool,
) -> None:
    """Compute shards and, without ``--shard``, make the map.

    Raises:
        ConfigError: options that exclude each other.
        SourceError: no drive can be used.
    """
    from avpr_ros.api.fleet import Fleet
    from avpr_ros.cli.console import print_note
    from avpr_ros.cli.fleet.progress import FleetProgress
    from avpr_ros.mapping.map_builder import check_output

    part = fleet_options.part
    if fleet_options.shard is None:
        if output is None:
            raise ConfigError('--output, the folder of the map, is missing')
        check_output(output, replace)
    progress = FleetProgress(fleet_options.log_json)
    fleet = Fleet.plan(sources, str(fleet_options.shards), settings, options, progress)
    with ExitStack() as stack:
        runner = _runner(fleet, fleet_options, stack)
        left = fleet.compute(runner, part)
        if fleet_options.shard is None and output is not None:
            gather_map(fleet, output, replace, runner)
    if fleet_options.shard is not None:
        print_note(
            f'{fleet.store.written} shards written to {fleet_options.shards}'
            + (f'; {len(left)} chunks are left, the first: {left[0]}' if left else '')
        )
        if not left:
            print_note(f'next: avpr gather --shards {fleet_options.shards} --output MAP')
    exit_where_left_out(fleet, fleet_options.allow_missing)


def gather_map(fleet: Fleet, output: Path, replace: bool, runner: Runner | None = None) -> None:
    """Make the map from the shards, and print what it holds."""
    from avpr_ros.cli.console import print_note, progress_bars
    from avpr_ros.cli.drives import print_next

    with progress_bars() as report:
        gallery = fleet.gather(output, runner, replace_existing=replace, progress=report)
    sessions = gallery.manifest.sessions
    print_note(f'{output}: {len(gallery)} keyframes of {len(sessions)} drives')
    print_note(f'content hash: {gallery.manifest.content_hash}')
    print_next(gallery)


def exit_where_left_out(fleet: Fleet, allowed: bool) -> None:
    """Print the drives that are left out; end with 1 where there are any and it is not allowed."""
    from avpr_ros.cli.console import print_note

    texts = fleet.left_out()
    for text in texts:
        print_note(f'warning: {text}')
    if texts and not allowed:
        raise typer.Exit(LEFT_OUT)


def _runner(fleet: Fleet, options: FleetOptions, stack: ExitStack) -> Runner:
    if options.ray is None:
        return fleet.local
    from avpr_ros.api.fleet import FleetTools
    from avpr_ros.cli.console import print_note
    from avpr_ros.mapping.stages.ray_cluster import RaySettings
    from avpr_ros.mapping.stages.ray_runner import RayRunner

    settings = RaySettings(
        options.ray, options.workers, options.gpus_per_worker, stall_s=options.stall_s
    )
    address = fleet.store.objects.address
    if '://' not in address:
        address = str(Path(address).absolute())
    return stack.enter_context(RayRunner(address, FleetTools, settings, print_note))
