# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Options of builds that are divided into shards."""

from __future__ import annotations

from dataclasses import dataclass
import re
from typing import Annotated

import typer

from avpr_ros.errors import ConfigError

Shards = Annotated[
    str | None,
    typer.Option(
        help='Folder or URI (s3://..., any of fsspec) of the shards, shared by all processes of '
        'the build; what is there is not computed again.'
    ),
]
Shard = Annotated[
    str | None,
    typer.Option(
        help='Compute part I of N (3/16) of the shards and stop; 0/N computes the index alone. '
        '`avpr gather` makes the map.'
    ),
]
Ray = Annotated[
    str | None,
    typer.Option(
        help='Compute the shards with Ray: local for a cluster of this machine, auto for the one '
        'that runs here, or an address (ray://host:10001).'
    ),
]
Workers = Annotated[
    int, typer.Option(min=0, help='With --ray: number of workers; 0: one less than cores.')
]
Gpus = Annotated[
    float, typer.Option(min=0.0, help='With --ray: part of a GPU that each worker takes.')
]
StallS = Annotated[
    float,
    typer.Option(help='With --ray: seconds after which a chunk without result is tried again.'),
]
AllowMissing = Annotated[
    bool,
    typer.Option('--allow-missing', help='Exit with 0 even where a drive had to be left out.'),
]
LogJson = Annotated[
    bool, typer.Option('--log-json', help='Print progress as one JSON object a line.')
]


def check_new_map(extends: bool) -> None:
    """Raise ``ConfigError`` where options extend a map."""
    if extends:
        raise ConfigError('--shards builds a new map: leave --append and --query out')


@dataclass(frozen=True)
class FleetOptions:
    """What the command line gives; see the options above."""

    shards: str | None = None
    shard: str | None = None
    ray: str | None = None
    workers: int = 0
    gpus_per_worker: float = 0.0
    stall_s: float = 900.0
    allow_missing: bool = False
    log_json: bool = False

    @property
    def wanted(self) -> bool:
        """Whether the build is divided into shards; raises ``ConfigError``."""
        if self.shards is None and (self.shard is not None or self.ray is not None):
            raise ConfigError('--shard and --ray need --shards, the folder or URI of the shards')
        if self.shard is not None and self.ray is not None:
            raise ConfigError('--shard and --ray exclude each other; Ray divides by itself')
        return self.shards is not None

    @property
    def part(self) -> tuple[int, int]:
        """I and N of ``--shard``; raises ``ConfigError``."""
        if self.shard is None:
            return 1, 1
        found = re.fullmatch(r'(\d{1,6})/(\d{1,6})', self.shard)
        if found is None or not 0 <= int(found[1]) <= int(found[2]) or not int(found[2]):
            raise ConfigError(f'--shard is {self.shard!r}; use I/N with I from 1 to N, as 3/16')
        return int(found[1]), int(found[2])
