# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A divided build whose only process is killed at random moments and started again."""

from __future__ import annotations

from collections.abc import Sequence
import os
from pathlib import Path
import random
import subprocess
import sys
import time

from avpr_ros.gallery.manifest import Manifest
from avpr_ros.mapping.stages.fleet_plan import FleetSettings
from benchmarks.results import ROOT, Row
from simulation.drives.bag_writer import ODOMETRY_TOPIC

_ENDED = '"stage": "keyframes"'


def killed_driver(
    bags: Sequence[Path],
    folder: Path,
    settings: FleetSettings,
    chunks: int,
    kills: int,
    chance: random.Random,
) -> Row:
    """Kill ``avpr build --shards`` so many times, then let it end.

    Args:
        bags: of the map.
        folder: of shards and map.
        settings: of the build.
        chunks: that the bags are divided into.
        kills: at most; a build may end before.
        chance: draws the moments.
    """
    output = folder / 'killed_map'
    words = [sys.executable, '-m', 'avpr_ros.cli.main', 'build', *map(str, bags)]
    words += ['--shards', str(folder / 'killed'), '-o', str(output)]
    words += ['--pose-topic', ODOMETRY_TOPIC, '--gallery-network', settings.network, '--log-json']
    if not settings.learned_features:
        words.append('--no-learned-features')
    computed = done_kills = 0
    for attempt in range(kills + 1):
        after = chance.randint(1, max(1, chunks // (kills + 1))) if attempt < kills else None
        ended, killed = _run(words, after, chance)
        computed += ended
        done_kills += killed
    return {
        'case': 'driver killed',
        'workers': 1,
        'map_hash': Manifest.load(output).content_hash,
        'kills': done_kills,
        'recomputed_chunks': max(0, computed - chunks),
    }


def _run(words: Sequence[str], after: int | None, chance: random.Random) -> tuple[int, bool]:
    """Run a build, and kill it within a second after so many chunks have ended.

    Returns:
        How many chunks have ended, and whether it was killed.
    """
    environment = {**os.environ, 'PYTHONPATH': str(ROOT), 'OMP_NUM_THREADS': '1'}
    ended = 0
    with subprocess.Popen(
        words,
        cwd=ROOT,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
        stdout=subprocess.DEVNULL,
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            ended += _ENDED in line
            if after is not None and ended >= after:
                time.sleep(chance.random())
                process.kill()
                return ended, True
    return ended, False
