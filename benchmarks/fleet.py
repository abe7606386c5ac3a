# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A build over many bags: one map whatever computes it, speed, kills, and what a new bag costs.

Bags of a camera along walls of random texture. Cases: the plain build; shards of four parts in
shuffled order; Ray with one and two workers; workers and driver killed at random moments and
resumed; two nodes, one of which is lost; a second run; one bag more; one bag that cannot be read.
The last rows are no measurements: Amdahl's law with the measured serial parts.

``python -m benchmarks.fleet [--quick]``; without Ray its cases are left out.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from contextlib import suppress
from importlib.util import find_spec
import os
from pathlib import Path
import random
import resource
import signal
import tempfile
from threading import Event, Timer
import time

from avpr_ros.api.fleet import Fleet, FleetTools
from avpr_ros.api.maps import build_map
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.mapping.stages.fleet_plan import FleetSettings
from avpr_ros.threads import limit_product_threads
from benchmarks.fleet_bags import OPTIONS, write_wall
from benchmarks.fleet_driver_kills import killed_driver
from benchmarks.fleet_nodes import after_first_chunk, compute_without_node
from benchmarks.results import Row, print_table, write_results

_SEED = 19
_MODELLED = (2, 8, 64, 512)


class Benchmark:
    """All cases on one set of bags."""

    def __init__(self, folder: Path, bags: int, frames: int, settings: FleetSettings) -> None:
        self._folder = folder
        self._settings = settings
        self._bags = [write_wall(folder / f'bag{n}', frames, n) for n in range(bags)]
        self._frames = frames
        self._images = bags * frames
        self._rng = random.Random(_SEED)
        self._stages_s: dict[str, float] = {}
        self._serial_s = 0.0

    def serial(self) -> Row:
        """Run the plain build, after one that loads the libraries."""
        self._plain(self._bags[:1], 'first')
        started = time.perf_counter()
        made = self._plain(self._bags, 'plain')
        self._serial_s = time.perf_counter() - started
        return self._row('serial', 1, self._serial_s, made.manifest.content_hash)

    def _plain(self, bags: list[Path], name: str) -> GalleryMap:
        network = self._settings.network
        output, learned = self._folder / name, self._settings.learned_features
        return build_map(bags, output, network=network, learned_features=learned, options=OPTIONS)

    def shuffled(self) -> Row:
        """Compute shards of four parts in shuffled order, then gather."""
        parts = list(range(1, 5))
        self._rng.shuffle(parts)
        started = time.perf_counter()
        for part in parts:
            fleet = self._fleet('shuffled')
            fleet.compute(fleet.local, (part, len(parts)))
        return self._gathered('shards in shuffled order', fleet, 1, started)

    def cold(self) -> Row:
        """Compute all shards in one process; its stages are what the model uses."""
        started = time.perf_counter()
        ends: dict[str, float] = {}
        fleet = self._fleet(
            'cold', progress=lambda stage, *_: ends.__setitem__(stage, time.perf_counter())
        )
        fleet.compute(fleet.local)
        computed = time.perf_counter()
        row = self._gathered('cold', fleet, 1, started)
        self._stages_s = {
            'index': ends['index'] - started,
            'chunks': ends['keyframes'] - ends['index'],
            'rest': computed - ends['keyframes'],
            'gather': time.perf_counter() - computed,
        }
        return {**row, **{f'{name}_s': round(s, 2) for name, s in self._stages_s.items()}}

    def again(self, case: str, bags: list[Path]) -> Row:
        """Run the build over the shards of the cold one."""
        started = time.perf_counter()
        fleet = self._fleet('cold', bags)
        fleet.compute(fleet.local)
        chunks_s = time.perf_counter() - started
        row = self._gathered(case, fleet, 1, started)
        return {
            **row,
            'shards_s': round(chunks_s, 2),
            'left_out': len(fleet.left_out()),
            'shards_written': fleet.store.written,
        }

    def more(self) -> list[Row]:
        """Run it again: unchanged, with one bag more, and with one that cannot be read."""
        new = write_wall(self._folder / 'new', self._frames, len(self._bags))
        bad = self._folder / 'bad.mcap'
        bad.write_bytes(b'no bag')
        return [
            self.again('warm', self._bags),
            self.again('one bag more', [*self._bags, new]),
            self.again('one bad bag', [*self._bags, bad]),
        ]

    def ray(self, workers: int, kills: int = 0) -> Row:
        """Compute all shards with Ray; kill workers in the middle of a chunk."""
        from avpr_ros.mapping.stages.ray_cluster import RaySettings
        from avpr_ros.mapping.stages.ray_runner import RayRunner

        name = f'ray{workers}_{kills}'
        address = str(self._folder / name)
        notices: list[str] = []
        left = [kills]

        def kill(stage: str, done: int, total: int, images: int) -> None:
            # The worker that has just ended a chunk takes the next one.
            if stage == 'keyframes' and left[0] and done < total and self._rng.random() < 0.8:
                pid, _ = runner.processes()[0]
                Timer(self._rng.random(), _kill, (pid,)).start()
                left[0] -= 1

        fleet = self._fleet(name, progress=kill)
        with RayRunner(
            address, FleetTools, RaySettings(workers=workers), notices.append
        ) as runner:
            started = time.perf_counter()
            fleet.compute(runner)
            row = self._gathered(f'Ray, {workers} workers', fleet, workers, started)
            peak_mb = max(mb for _, mb in runner.processes())
        case = f'{row["case"]}, worker killed' if kills else row['case']
        lost = {'kills': kills - left[0], 'recomputed_chunks': len(notices)} if kills else {}
        return {**row, 'case': case, 'resident_mb': round(peak_mb), **lost}

    def killed_driver(self, kills: int) -> Row:
        """Kill the whole build at random moments, and start it again."""
        chunks = len(self._bags) * -(-self._frames // self._settings.chunk_keyframes)
        return killed_driver(self._bags, self._folder, self._settings, chunks, kills, self._rng)

    def lost_node(self) -> Row:
        """Compute all shards on two nodes, one of which is lost after the first chunks."""
        begun = Event()
        fleet = self._fleet('nodes', progress=after_first_chunk(begun))
        started = time.perf_counter()
        peak_mb, recomputed = compute_without_node(fleet, str(self._folder / 'nodes'), begun)
        row = self._gathered('Ray, two nodes, one lost', fleet, 2, started)
        return {**row, 'resident_mb': round(peak_mb), 'kills': 1, 'recomputed_chunks': recomputed}

    def modelled(self) -> list[Row]:
        """Return what Amdahl's law gives for more workers."""
        parallel_s = self._stages_s['chunks'] + self._stages_s['rest']
        serial_s = self._stages_s['index'] + self._stages_s['gather']
        total_s = {workers: serial_s + parallel_s / workers for workers in _MODELLED}
        return [
            {
                'case': 'modelled',
                'workers': workers,
                'images_per_s': round(self._images / took_s, 2),
                'ratio_to_serial': round((serial_s + parallel_s) / took_s, 2),
            }
            for workers, took_s in total_s.items()
        ]

    def _fleet(
        self,
        name: str,
        bags: list[Path] | None = None,
        progress: Callable[[str, int, int, int], None] = lambda *_: None,
    ) -> Fleet:
        given = self._bags if bags is None else bags
        return Fleet.plan(given, self._folder / name, self._settings, OPTIONS, progress)

    def _gathered(self, case: str, fleet: Fleet, workers: int, started: float) -> Row:
        output = self._folder / 'gathered'
        made = fleet.gather(output, replace_existing=True)
        took_s = time.perf_counter() - started
        return self._row(case, workers, took_s, made.manifest.content_hash)

    def _row(self, case: str, workers: int, took_s: float, content_hash: str) -> Row:
        peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        return {
            'case': case,
            'workers': workers,
            'seconds': round(took_s, 2),
            'images_per_s': round(self._images / took_s, 2),
            'ratio_to_serial': round(self._serial_s / took_s, 2),
            'map_hash': content_hash,
            'resident_mb': round(peak_mb),
        }


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def main() -> None:
    """Run all cases and write the result file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--quick', action='store_true', help='Four short bags.')
    parser.add_argument('--bags', type=int, default=100)
    parser.add_argument('--frames', type=int, default=64, help='Images of a bag.')
    parser.add_argument('--network', default='embedded', choices=['embedded', 'embedded-light'])
    options = parser.parse_args()
    if options.quick:
        options.bags, options.frames, options.network = 4, 16, 'embedded-light'
    bags, frames, network = options.bags, options.frames, options.network
    kills = (1, 1) if bags < 10 else (10, 5)
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        settings = FleetSettings(network=network, learned_features=False)
        run = Benchmark(Path(folder), bags, frames, settings)
        rows += [run.serial(), run.shuffled(), run.cold(), *run.more()]
        rows.append(run.killed_driver(kills[1]))
        if find_spec('ray') is not None:
            rows += [run.ray(1), run.ray(2), run.ray(2, kills[0]), run.lost_node()]
        rows += run.modelled()
    note = f'{bags} bags of {frames} images, {network}; images_per_s of Ray without its start'
    chosen = f'--bags {bags} --frames {frames} --network {network}'
    given = '' if options.quick else chosen
    write_results('fleet', rows, quick=options.quick, note=note, options=given)
    print_table(rows, f'fleet: {note}')
    # A bad bag is named in the map's warnings, which changes the hash.
    if len({row['map_hash'] for row in rows if _same_bags(row)}) != 1:
        raise SystemExit('the maps of the same bags differ')


def _same_bags(row: Row) -> bool:
    return 'map_hash' in row and row['case'] not in ('one bag more', 'one bad bag')


if __name__ == '__main__':
    limit_product_threads()
    main()
