# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Search over many keyframes: time on one core, memory, and what exact search would find."""

from __future__ import annotations

import json
from pathlib import Path
import subprocess
import sys
import time

import faiss
import numpy as np

from avpr_ros.arrays import Descriptors, IntArray
from avpr_ros.gallery.array_files import open_rows
from avpr_ros.gallery.file_array import row_reader
from avpr_ros.gallery.index.faiss_index import GalleryIndex
from avpr_ros.gallery.index.inverted_file import estimated_bytes
from avpr_ros.gallery.index.selection import build_index, choose_kind
from benchmarks.results import ROOT, Row
from benchmarks.robot.walks import WORK

_CHUNK = 50_000


def many_rows(real: Descriptors, count: int, file: Path) -> Descriptors:
    """Make keyframes by perturbing real ones: each a random mixture of three descriptors."""
    if not file.exists():
        rng = np.random.default_rng(0)
        rows: Descriptors = np.empty((count, real.shape[1]), np.float16)
        for start in range(0, count, _CHUNK):
            size = min(_CHUNK, count - start)
            weights = rng.dirichlet((1.0, 1.0, 1.0), size).astype(np.float32)
            parts = (real[rng.integers(len(real), size=size)] for _ in range(3))
            mixed = sum(w[:, np.newaxis] * part for w, part in zip(weights.T, parts, strict=True))
            rows[start : start + size] = _unit(np.asarray(mixed))
        np.save(file, rows)
    return np.asarray(np.load(file, mmap_mode='r'))


def queries_of(
    rows: Descriptors, real: Descriptors, count: int, cosine: float
) -> tuple[Descriptors, IntArray]:
    """Move keyframes along differences of real descriptors; return queries and their rows."""
    rng = np.random.default_rng(1)
    own = rng.choice(len(rows), count, replace=False)
    at = rows[own].astype(np.float32)
    one, other = rng.permutation(len(real))[:count], rng.permutation(len(real))[:count]
    aside = real[one] - real[np.where(one == other, (other + 1) % len(real), other)]
    aside -= (aside * at).sum(axis=1, keepdims=True) * at
    return _unit(cosine * at + np.sqrt(1 - cosine**2) * _unit(aside)), own


def search_cost(
    real: Descriptors, count: int, memory_mb: float, queries: int, cosine: float
) -> Row:
    """Build an index for ``count`` keyframes, search it in a process of its own, score it."""
    WORK.mkdir(parents=True, exist_ok=True)
    stem = f'search-{count}-{real.shape[1]}-{memory_mb:g}'
    rows_file = WORK / f'rows-{count}-{real.shape[1]}.npy'
    rows = many_rows(real, count, rows_file)
    file = WORK / f'{stem}.faiss'
    facts = WORK / f'{stem}.json'
    if not facts.exists():
        start_s = time.perf_counter()
        index, info = build_index(rows, memory_mb)
        index.save(file)
        built = {'index': info.kind, 'probed': info.probed, 'index_mb': info.bytes / 1e6}
        facts.write_text(json.dumps({**built, 'build_s': time.perf_counter() - start_s}))
    asked, own = queries_of(rows, real, queries, cosine)
    np.save(WORK / 'asked.npy', asked)
    command = [sys.executable, '-m', 'robot.search', str(file), str(rows_file)]
    run = subprocess.run(
        command, cwd=ROOT / 'benchmarks', check=True, capture_output=True, text=True
    )
    found = json.loads(run.stdout.splitlines()[-1])
    exact = _exact(rows, asked)
    right = np.array(found.pop('rows'))
    return {
        'method': f'search_{count // 1000}k' if count < 10**6 else f'search_{count // 10**6}m',
        'query_cosine': cosine,
        **json.loads(facts.read_text()),
        **found,
        'recall_at_1': float((right == own).mean()),
        'recall_at_1_exact': float((exact == own).mean()),
        'same_as_exact': float((right == exact).mean()),
    }


def memory_plan(count: int, dim: int) -> list[Row]:
    """Return what each budget would choose for so many keyframes, on paper."""
    return [
        {
            'method': f'plan_{count // 10**6}m',
            'memory_budget_mb': budget,
            'index': (kind := choose_kind(count, dim, budget)),
            'index_mb': estimated_bytes(kind, count, dim) / 1e6,
            'descriptors_on_disk_mb': 2 * count * dim / 1e6,
            'keyframe_table_mb': 80 * count / 1e6,
        }
        for budget in (512.0, 1024.0, 8192.0)
    ]


def _exact(rows: Descriptors, queries: Descriptors) -> IntArray:
    best = np.full(len(queries), -np.inf, np.float32)
    found: IntArray = np.zeros(len(queries), np.int64)
    for start in range(0, len(rows), _CHUNK):
        scores = queries @ rows[start : start + _CHUNK].astype(np.float32).T
        top = scores.argmax(axis=1)
        score = scores[np.arange(len(queries)), top]
        found[score > best] = top[score > best] + start
        best = np.maximum(best, score)
    return found


def _unit(rows: Descriptors) -> Descriptors:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def _resident_mb() -> float:
    status = Path('/proc/self/status').read_text(encoding='utf-8')
    line = next(line for line in status.splitlines() if line.startswith('VmRSS'))
    return int(line.split()[1]) / 1e3


def _main(index_file: str, rows_file: str) -> None:
    """Search in this process and print what it took as one line of JSON."""
    faiss.omp_set_num_threads(1)
    asked = np.load(WORK / 'asked.npy')
    before_mb = _resident_mb()
    index = GalleryIndex.load(Path(index_file), row_reader(open_rows(Path(rows_file))))
    found, times_s = [], []
    for round_ in range(2):  # the first reads from disk what the second finds in memory
        for query in asked:
            start_s = time.perf_counter()
            _, rows = index.search(query[np.newaxis], 64)
            times_s.append(time.perf_counter() - start_s)
            if round_ == 0:
                found.append(int(rows[0, 0]))
    p50_ms, p99_ms = (float(t) * 1e3 for t in np.percentile(times_s[len(asked) :], [50, 99]))
    facts = {'latency_p50_ms': p50_ms, 'latency_p99_ms': p99_ms}
    facts['resident_mb'] = _resident_mb() - before_mb
    print(json.dumps({**facts, 'rows': found}))


if __name__ == '__main__':
    _main(*sys.argv[1:])
