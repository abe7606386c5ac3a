# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""AsymVPR beside its rivals: every method trained on the same galleries, from the same start.

A row is one training (or, for ``gallery`` and ``light``, none): the query network learns a set's
gallery, with the method's objective and everything else equal, and is then asked the set's
queries. Rows stand in the result file from the moment they are done; a finished row is never
computed again, so a stopped run goes on where it was, and rows that are to be made anew are
deleted from the file by hand.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
import fcntl
from pathlib import Path
import time

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
import torch

from avpr_ros.evaluation.metrics.precision_recall import precision_recall
from avpr_ros.evaluation.metrics.recall import recall_at
from avpr_ros.gallery.describer import no_progress
from avpr_ros.training.inputs import PooledViews
from avpr_ros.training.objectives.methods import ABLATIONS, RIVALS, objective_by_name
from avpr_ros.training.settings import TrainSettings
from avpr_ros.training.trainer import Trainer
from benchmarks.frozen_start import FrozenStart
from benchmarks.results import RESULTS, Row, print_table, stored_rows, write_results
from benchmarks.training_cache import WORK, Prepared, light, prepare
from benchmarks.training_sets import SETS, TrainingSet
from benchmarks.training_summary import summary

MOST_STEPS = 250
SEEDS = (0, 1, 2)
UNTRAINED = ('gallery', 'light', 'closed_form')
#: Told apart soonest: the method, what it is without its parts, and the strongest rivals.
FIRST = ('asymvpr', 'without_iea', 'regression', 'csd', 'd3still')
#: Variances from the images of a place alone, without the gallery's views.
WITHOUT_VIEWS = 'without_views'
NOTE = (
    'Every method starts from the same closed form, sees the same pool of augmented views of the '
    'gallery and takes the same number of steps of 16; rivals in their own form, without the '
    'absolute term that asymvpr has beside its contrast (without_regression: asymvpr without it). '
    'gallery and light are one network on both sides, closed_form is the common start, all '
    'untrained. right_queries: which were right at 1, packed bits in hexadecimal. Truth: corridor '
    '2 frames, nordland (every third frame) 1, ietower 2 s of the same clip, town 5 m, gardens_* '
    '3 frames; all queries count. gardens_* are of the gallery network as it is, the other sets '
    'of the former one without XFeat. train_s was taken while the machine did other work too. '
    'Rows may come from several runs; what is missing has not been run yet.'
)


def train(prepared: Prepared, method: str, seed: int, steps: int | None) -> Row:
    """Train once and ask the queries."""
    started = time.monotonic()
    torch.manual_seed(seed)
    network = prepared.network()
    settings = TrainSettings(seed=seed)
    wanted = min(settings.steps_for(len(prepared.gallery)), MOST_STEPS)
    settings = TrainSettings(seed=seed, steps=steps or wanted, checkpoint_every=10_000)
    start = FrozenStart(network, settings.frozen_blocks)
    name, side = method, prepared.side(with_views=method != WITHOUT_VIEWS)
    objective = objective_by_name('asymvpr' if method == WITHOUT_VIEWS else name, side)
    pool = PooledViews(prepared.pool, seed)
    trainer = Trainer(network, pool, objective, settings, forward=start.finish)
    trainer.run(None, '', lambda: 0.0, no_progress)
    seconds = time.monotonic() - started
    queries = ask(start, prepared)
    figures = score(queries, prepared.gallery, prepared.data)
    cosine = float((queries * prepared.queries).sum(axis=1).mean())
    return {
        'set': prepared.data.name,
        'method': method,
        'seed': seed,
        **figures,
        'cosine_to_gallery_network': round(cosine, 4),
        'gamma': round(float(getattr(objective, 'gamma', 0.0)), 3),
        'steps': trainer.steps,
        'train_s': round(seconds, 1),
    }


def untrained(prepared: Prepared, method: str) -> Row:
    """Ask the queries with one network on both sides, or with the closed-form start."""
    gallery, queries = prepared.gallery, prepared.queries
    if method == 'light':
        gallery, queries = light(prepared)
    elif method == 'closed_form':
        network = prepared.network()
        queries = ask(FrozenStart(network, TrainSettings().frozen_blocks), prepared)
    return {
        'set': prepared.data.name,
        'method': method,
        'seed': 0,
        **score(queries, gallery, prepared.data),
    }


def ask(start: FrozenStart, prepared: Prepared) -> NDArray[np.floating]:
    """Describe the queries with a query network: (Q, d)."""
    count = len(prepared.asked)
    parts = np.array_split(np.arange(count), -(-count // 16))
    with torch.inference_mode():
        found = [start.finish(torch.from_numpy(prepared.asked[p]).float()) for p in parts]
    return np.asarray(torch.cat(found).numpy())


def score(
    queries: NDArray[np.floating], gallery: NDArray[np.floating], data: TrainingSet
) -> dict[str, object]:
    """Rank the gallery for every query and compare with the truth."""
    similarities = np.asarray(queries, np.float32) @ np.asarray(gallery, np.float32).T
    ranked = list(np.argsort(-similarities, axis=1, kind='stable')[:, :10])
    right = np.array([rows[0] in wanted for rows, wanted in zip(ranked, data.right, strict=True)])
    curve = precision_recall(
        similarities.max(axis=1).astype(np.float64),
        right,
        np.array([len(wanted) > 0 for wanted in data.right]),
    )
    return {
        **{
            f'recall_at_{n}': round(recall_at(ranked, data.right, n, 'missed'), 4)
            for n in (1, 5, 10)
        },
        'recall_at_100_precision': round(curve.recall_at_precision(1.0), 4),
        'queries': len(right),
        'right_queries': np.packbits(right).tobytes().hex(),
    }


def wanted_rows(sets: Iterable[str], methods: Iterable[str]) -> Iterator[tuple[str, str, int]]:
    """Walk over set, method and seed, the most telling ones first."""
    methods, sets = list(methods), list(sets)
    tiers = [UNTRAINED, FIRST, [m for m in methods if m not in (*UNTRAINED, *FIRST)]]
    for tier in tiers:
        for name in sets:
            for seed in SEEDS:
                for method in tier:
                    if method in methods and (method not in UNTRAINED or seed == 0):
                        yield name, method, seed


def add_row(row: Row, path: Path, *, quick: bool) -> None:
    """Put a row into the result file; several processes may do so at a time."""
    WORK.mkdir(parents=True, exist_ok=True)
    with (WORK / 'lock').open('w') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        order = [*UNTRAINED, *methods_in_order()]
        rows = sorted(
            [*stored_rows(path), row],
            key=lambda r: (
                list(SETS).index(str(r['set'])),
                order.index(str(r['method'])),
                int(str(r['seed'])),
            ),
        )
        write_results('training', rows, quick=quick, note=NOTE)


def methods_in_order() -> list[str]:
    """Return every trained method: ablations of the method first, then its rivals."""
    return [*ABLATIONS, WITHOUT_VIEWS, *RIVALS]


def main() -> None:
    """Compute the rows that are missing, print the table, write both result files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--quick', action='store_true', help='corridor, few methods, 5 steps')
    parser.add_argument('--set', action='append', choices=list(SETS))
    every = [*UNTRAINED, *methods_in_order()]
    parser.add_argument('--method', action='append', choices=every)
    parser.add_argument('--threads', type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    console = Console()
    sets = ['corridor'] if options.quick else options.set or list(SETS)
    methods = ['regression', 'asymvpr'] if options.quick else options.method or every
    path = RESULTS / ('training.quick.json' if options.quick else 'training.json')
    if options.quick:
        path.unlink(missing_ok=True)
    prepared: dict[str, Prepared] = {}
    for name, method, seed in wanted_rows(sets, methods):
        done = {(r['set'], r['method'], r['seed']) for r in stored_rows(path)}
        if (name, method, seed) in done:
            continue
        if name not in prepared:
            prepared[name] = prepare(SETS[name](), console)
        if method in UNTRAINED:
            row = untrained(prepared[name], method)
        else:
            row = train(prepared[name], method, seed, 5 if options.quick else None)
        add_row(row, path, quick=options.quick)
        console.print({key: value for key, value in row.items() if key != 'right_queries'})
    print_table(
        summary(stored_rows(path)),
        'Mean and deviation over seeds; p against the best rival, over queries',
    )


if __name__ == '__main__':
    main()
