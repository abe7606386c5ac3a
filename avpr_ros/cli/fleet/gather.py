# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""``avpr gather``: make a map from the shards of a divided build."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from avpr_ros.cli.fleet import options as fleet_options
from avpr_ros.threads import limit_product_threads

Folder = Annotated[str, typer.Option(help='Folder or URI of the shards.')]
Output = Annotated[Path, typer.Option('--output', '-o', help='Folder of the map.')]
Replace = Annotated[bool, typer.Option('--replace', help='Overwrite an existing map.')]


def gather(
    shards: Folder,
    output: Output,
    replace: Replace = False,
    allow_missing: fleet_options.AllowMissing = False,
    log_json: fleet_options.LogJson = False,
) -> None:
    """Make a map from the shards that `avpr build --shard` wrote; needs none of the bags."""
    limit_product_threads()
    from avpr_ros.api.fleet import Fleet
    from avpr_ros.cli.fleet.build import exit_where_left_out, gather_map
    from avpr_ros.cli.fleet.progress import FleetProgress

    fleet = Fleet.planned(shards, FleetProgress(log_json))
    gather_map(fleet, output, replace)
    exit_where_left_out(fleet, allow_missing)
