# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What the memory bank costs beside an exact k-NN structure over the same stored descriptors.

Both read the same float16 file. The k-NN structure is what contextual distillation needs: for
every image its 96 nearest images by inner product, found exactly (FAISS, flat) and stored as row
numbers and similarities. Each is made in a process of its own, on one thread, and timed in
processor time, so that other work on the machine does not count. A finished row is kept; delete
the file to measure anew.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
import math
from multiprocessing import get_context
from multiprocessing.connection import Connection
import os
from pathlib import Path
import tempfile
import threading
import time

import faiss
import numpy as np
from numpy.lib.format import open_memmap

from avpr_ros.training.memory_bank.bank import build_bank
from avpr_ros.training.memory_bank.bank_file import save_bank
from avpr_ros.training.places import places_from_labels
from benchmarks.results import RESULTS, Row, print_table, stored_rows, write_results

DIMS = (512, 8448)
COUNTS = (10_000, 50_000, 100_000)
IMAGES_A_PLACE = 8
NEIGHBOURS = 96
_CHUNK = 4096
_NO_LIMIT = math.inf
NOTE = (
    'One thread each, processor time. ratio_to_knn: time of the k-NN structure over that of the '
    'bank; empty where the k-NN was left out as too long for the machine at hand. Memory: most '
    'held beyond what the process held before, without the mapped file. growth_rate: exponent of '
    'N between this row and the one of the next smaller N. 8 images a place, 96 neighbours.'
)


def make_file(path: Path, count: int, dim: int) -> None:
    """Write unit rows scattered around one centre a place, as float16."""
    rows = open_memmap(path, 'w+', np.float16, (count, dim))  # type: ignore[no-untyped-call]
    rng = np.random.default_rng(count)
    for start in range(0, count, _CHUNK):
        size = min(_CHUNK, count - start)
        centres = rng.standard_normal((-(-size // IMAGES_A_PLACE), dim), dtype=np.float32)
        part = np.repeat(centres, IMAGES_A_PLACE, axis=0)[:size]
        part += rng.standard_normal(part.shape, dtype=np.float32)
        part /= np.linalg.norm(part, axis=1, keepdims=True)
        rows[start : start + size] = part
    rows.flush()


def make_bank(source: Path, target: Path) -> None:
    """Build the bank and store it."""
    rows = np.load(source, mmap_mode='r')
    places = places_from_labels(np.arange(len(rows), dtype=np.int64) // IMAGES_A_PLACE)
    save_bank(build_bank(rows, places), target, 'benchmark')


def make_knn(source: Path, target: Path) -> None:
    """Find and store every row's nearest rows."""
    rows = np.load(source, mmap_mode='r')
    index = faiss.IndexFlatIP(rows.shape[1])
    for start in range(0, len(rows), _CHUNK):
        index.add(np.asarray(rows[start : start + _CHUNK], dtype=np.float32))
    similarities = np.empty((len(rows), NEIGHBOURS), dtype=np.float16)
    neighbours = np.empty((len(rows), NEIGHBOURS), dtype=np.int32)
    for start in range(0, len(rows), _CHUNK):
        asked = np.asarray(rows[start : start + _CHUNK], dtype=np.float32)
        found, numbers = index.search(asked, NEIGHBOURS)
        similarities[start : start + len(asked)] = found
        neighbours[start : start + len(asked)] = numbers
    with target.open('wb') as stream:
        np.savez(stream, similarities=similarities, neighbours=neighbours)


def measured(make: Callable[[Path, Path], None], source: Path) -> dict[str, float]:
    """Run one of the two in a process of its own: seconds, peak MB, bytes stored."""
    with tempfile.TemporaryDirectory(dir=source.parent) as folder:
        target = Path(folder) / 'result.npz'
        context = get_context('spawn')
        here, there = context.Pipe()
        process = context.Process(target=_child, args=(make, source, target, there))
        process.start()
        there.close()
        seconds, peak_mb = here.recv()
        process.join()
        return {'cpu_s': seconds, 'peak_mb': peak_mb, 'bytes': float(target.stat().st_size)}


def _child(
    make: Callable[[Path, Path], None], source: Path, target: Path, answer: Connection
) -> None:
    faiss.omp_set_num_threads(1)
    before, peaks, done = _anonymous_mb(), [0.0], threading.Event()

    def watch() -> None:
        while not done.wait(0.02):
            peaks.append(_anonymous_mb())

    watcher = threading.Thread(target=watch)
    watcher.start()
    started = time.process_time()
    make(source, target)
    seconds = time.process_time() - started
    done.set()
    watcher.join()
    answer.send((seconds, max(peaks) - before))


def _anonymous_mb() -> float:
    """Return the memory that this process holds, pages of mapped files left out."""
    for line in Path('/proc/self/status').read_text(encoding='ascii').splitlines():
        if line.startswith('RssAnon'):
            return int(line.split()[1]) / 1024
    raise SystemExit('/proc/self/status names no RssAnon; this benchmark needs Linux')


def measure(count: int, dim: int, most_macs: float) -> Row:
    """Measure one size."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / 'rows.npy'
        make_file(source, count, dim)
        bank = measured(make_bank, source)
        row: dict[str, object] = {
            'd': dim,
            'n': count,
            'bank_cpu_s': round(bank['cpu_s'], 3),
            'bank_peak_mb': round(bank['peak_mb'], 1),
            'bank_bytes': int(bank['bytes']),
        }
        if float(count) ** 2 * dim <= most_macs:
            knn = measured(make_knn, source)
            row |= {
                'knn_cpu_s': round(knn['cpu_s'], 2),
                'knn_peak_mb': round(knn['peak_mb'], 1),
                'knn_bytes': int(knn['bytes']),
                'ratio_to_knn': round(knn['cpu_s'] / bank['cpu_s'], 1),
            }
    return row


def with_growth(rows: list[Row]) -> list[Row]:
    """Add the exponents of N, bank and k-NN, between neighbouring sizes."""
    found: list[Row] = []
    for row in rows:
        smaller = [r for r in rows if r['d'] == row['d'] and _number(r, 'n') < _number(row, 'n')]
        line = {key: value for key, value in row.items() if not key.endswith('growth_rate')}
        for name in ('bank', 'knn'):
            key = f'{name}_cpu_s'
            if smaller and key in row and key in smaller[-1]:
                times = _number(row, key) / _number(smaller[-1], key)
                sizes = _number(row, 'n') / _number(smaller[-1], 'n')
                line[f'{name}_growth_rate'] = round(math.log(times) / math.log(sizes), 2)
        found.append(line)
    return found


def write(rows: Sequence[Row], most_macs: float, *, quick: bool) -> None:
    """Write the rows that are there; the command says which k-NN were left out."""
    limit = '' if most_macs == _NO_LIMIT else f'--most-macs {most_macs:g}'
    write_results('bank_cost', with_growth(list(rows)), quick=quick, note=NOTE, options=limit)


def _number(row: Row, key: str) -> float:
    return float(str(row[key]))


def main() -> None:
    """Measure what is missing, print the table, write the result file."""
    # Children inherit it before their libraries start.
    os.environ.update(OMP_NUM_THREADS='1', OPENBLAS_NUM_THREADS='1', MKL_NUM_THREADS='1')
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--quick', action='store_true', help='small sizes only')
    parser.add_argument(
        '--most-macs', type=float, default=_NO_LIMIT, help='leave out longer k-NN; see the note'
    )
    options = parser.parse_args()
    path = RESULTS / ('bank_cost.quick.json' if options.quick else 'bank_cost.json')
    rows = [] if options.quick else stored_rows(path)
    sizes = [(512, 2000), (512, 4000)] if options.quick else [(d, n) for d in DIMS for n in COUNTS]
    for dim, count in sizes:
        old = [row for row in rows if (row['d'], row['n']) == (dim, count)]
        long = float(count) ** 2 * dim > options.most_macs
        if old and ('knn_cpu_s' in old[0] or long):
            continue
        rows = [row for row in rows if row not in old] + [measure(count, dim, options.most_macs)]
        rows.sort(key=lambda row: (_number(row, 'd'), _number(row, 'n')))
        write(rows, options.most_macs, quick=options.quick)
    write(rows, options.most_macs, quick=options.quick)
    print_table(with_growth(rows), 'Memory bank against exact k-NN')


if __name__ == '__main__':
    main()
