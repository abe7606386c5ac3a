# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Precision of accepted matches, layer by layer.

Each set is built into a map, a query network is trained for it, and the query drive goes through
the very matcher that the node runs, once for each method. What is built stays in
``build/precision`` for the next run; the town's drives are those of ``make demo``.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import FloatArray
from avpr_ros.evaluation.metrics.precision_recall import PrecisionRecall, precision_recall
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.localization.result import MatchResult, Reason
from avpr_ros.localization.settings import MatchSettings
from avpr_ros.poses import Pose
from avpr_ros.storage.files import write_text_atomically
from benchmarks.precision_drive import Drive, Layers, matched, read_drive
from benchmarks.precision_left_out import without_each, wrong_floors
from benchmarks.precision_plot import Scored, draw
from benchmarks.precision_sets import MAP, SETS, WORK, PrecisionSet, calibrated, prepare
from benchmarks.results import RESULTS, Row, print_table, stored_rows, write_results

NOTE = (
    'Recall at a precision sweeps the score of the method, over matches that its other layers '
    'pass: the similarity (raw), the probability, or the log odds of the sequence filter, whose '
    'constants were tuned by hand on corridor and nordland, its ways of driving and the layout '
    'descriptor on the first half of nordland, slow_pace and min_mass with this town in view. '
    'accepted and wrong_accepted are at '
    'the settings as shipped. Odometry is only that of the town: the other sets have none. '
    'nordland_skip leaves out a random fifth of the queries, nordland_repeat shows a random '
    'fifth twice, nordland_second_half starts in the middle of the drive, in the whole map. Where '
    'its train stands each image is like the one before: with some left out nobody can know which '
    'it is. On ietower a metre is a second, and a phone that stands or turns back sees the same '
    'again seconds later, which counts as wrong; wrong_floor_accepted does not count that. '
    'door_corridor and outside_map stand in worlds.json. Rows of different sets may come from '
    'different runs.'
)


METHODS = (
    Layers(
        'appearance',
        MatchSettings(temporal_filter='none', use_odometry=False, use_landmarks=False),
    ),
    Layers(
        'sequence',
        MatchSettings(temporal_filter='consistency', use_odometry=False, use_landmarks=False),
    ),
    Layers(
        'sequence_filter',
        MatchSettings(temporal_filter='bayes', use_odometry=False, use_landmarks=False),
    ),
    Layers('filter_odometry', MatchSettings(temporal_filter='bayes'), odometry=True),
    Layers('odometry', MatchSettings(temporal_filter='none', use_landmarks=False), odometry=True),
    Layers('geometry', MatchSettings(use_odometry=False), geometry=True),
    Layers('all', MatchSettings(), odometry=True, geometry=True),
)


def errors_m(results: list[MatchResult], drive: Drive) -> FloatArray:
    """Return how far off each pose is: that accepted, else that of the best candidate."""

    def error_m(result: MatchResult, true: Pose) -> float:
        if result.estimate is not None:
            return result.estimate.map_from_base.distance_m(true)
        if not result.candidates:
            return np.inf
        return result.candidates[0].map_from_base.distance_m(true)

    return np.array([error_m(*pair) for pair in zip(results, drive.truth, strict=True)])


def curve_of(
    results: list[MatchResult], right: NDArray[np.bool_], known: NDArray[np.bool_], raw: bool
) -> PrecisionRecall:
    """Sweep the score over the matches that the layers pass."""
    scores = np.full(len(results), -np.inf)
    for i, result in enumerate(results):
        if raw or result.log_odds is not None:
            scores[i] = result.score
        elif result.reason is Reason.ACCEPTED:
            probability = result.candidates[0].probability
            scores[i] = result.score if probability is None else probability
    return precision_recall(np.nan_to_num(scores, neginf=-1e9), right, known)


def rows_of(
    one: PrecisionSet, folder: Path, name: str, drive: Drive
) -> Iterator[tuple[Row, PrecisionRecall]]:
    """Match a drive by each method; yield its row and its curve."""
    gallery = GalleryMap.open(folder / MAP)
    positions = gallery.keyframes.poses[:, :3]
    truth = np.array([pose.translation_m for pose in drive.truth])
    nearest = np.array([np.linalg.norm(positions - at, axis=1).min() for at in truth])
    known = nearest <= one.tolerance_m
    right_alone = 0
    last: tuple[Row, PrecisionRecall] | None = None
    for method in METHODS:
        if method.odometry and not any(drive.odometry) and method.name != 'all':
            continue
        if method.name == 'geometry' and gallery.landmarks() is None:
            continue
        if method.name == 'all' and last is not None and not any(drive.odometry):
            # The very same layers as geometry: nothing is computed twice.
            yield {**last[0], 'method': method.name}, last[1]
            continue
        shipped = list(matched(folder, drive, method))
        error = errors_m(shipped, drive)
        right = (error <= one.tolerance_m) & known
        accepted = np.array([result.accepted for result in shipped])
        if method.name == 'appearance':
            curve = curve_of(shipped, right, known, raw=True)
            yield _row(name, 'raw_score', None, right, curve, None), curve
            right_alone = int((accepted & right).sum())
        floors = wrong_floors(shipped, drive) if name == 'ietower' else {}
        loose = replace(method.settings, min_probability=0.01, min_ratio=1.0)
        swept = shipped  # the filter asks neither of them
        if method.settings.temporal_filter != 'bayes':
            swept = list(matched(folder, drive, replace(method, settings=loose)))
        right_swept = (errors_m(swept, drive) <= one.tolerance_m) & known
        curve = curve_of(swept, right_swept, known, raw=False)
        row = {**_row(name, method.name, accepted, right, curve, right_alone), **floors}
        yield row, curve
        last = (row, curve) if method.name == 'geometry' else None


def _row(
    name: str,
    method: str,
    accepted: NDArray[np.bool_] | None,
    right: NDArray[np.bool_],
    curve: PrecisionRecall,
    right_alone: int | None,
) -> Row:
    row: dict[str, object] = {'set': name, 'method': method, 'queries': len(right)}
    row['recall_at_1'] = float(right.mean())
    if accepted is not None:
        row['accepted'] = int(accepted.sum())
        row['wrong_accepted'] = int((accepted & ~right).sum())
        if right_alone:
            row['kept_of_appearance'] = float((accepted & right).sum() / right_alone)
    row['recall_at_100_precision'] = curve.recall_at_precision(1.0)
    row['recall_at_99_precision'] = curve.recall_at_precision(0.99)
    return row


def left_out(folder: Path, drive: Drive) -> Iterator[Row]:
    """Take each floor of the tower out of its map in turn, and ask for it: all found is wrong."""
    gallery = GalleryMap.open(folder / MAP)
    queries_m = np.array([pose.translation_m for pose in drive.truth])
    for method in METHODS:
        accepted = queries = 0
        if method.odometry:
            continue
        for _, part, asked in without_each(gallery, queries_m):
            results = matched(folder, drive.part(asked), method, part)
            accepted += sum(result.accepted for result in results)
            queries += len(asked)
        row: dict[str, object] = {'set': 'ietower_left_out', 'method': method.name}
        row |= {'queries': queries, 'accepted': accepted, 'wrong_accepted': accepted}
        yield row
        if method.geometry:  # the tower has no odometry, so these are all layers
            yield {**row, 'method': 'all'}


def drives_of(one: PrecisionSet, folder: Path) -> Iterator[tuple[str, Drive]]:
    """Yield the set's drive, and for nordland those that skip or repeat images."""
    drive = read_drive(folder)
    yield one.name, drive
    if one.name != 'nordland':
        return
    order, chance = np.arange(len(drive.truth)), np.random.default_rng(0)
    kept, twice = chance.random(len(order)) >= 0.2, 1 + (chance.random(len(order)) < 0.2)
    yield 'nordland_skip', drive.only(order[kept])
    yield 'nordland_repeat', drive.only(np.repeat(order, twice))
    second = order >= len(order) // 2
    yield 'nordland_second_half', drive.only(order[second])
    yield 'nordland_second_half_skip', drive.only(order[second & kept])
    yield 'nordland_second_half_repeat', drive.only(np.repeat(order, twice * second))


def score(one: PrecisionSet, kept: Path) -> bool:
    """Score a set and keep its rows and curves; return whether it could be."""
    folder = prepare(one)
    if folder is None:
        return False
    calibrated(folder)
    scored = [
        (row, curve.recall.tolist(), curve.precision.tolist())
        for name, drive in drives_of(one, folder)
        for row, curve in rows_of(one, folder, name, drive)
    ]
    if one.name == 'ietower':
        scored += [(row, [], []) for row in left_out(folder, read_drive(folder))]
    write_text_atomically(kept, json.dumps(scored) + '\n')
    return True


def main() -> None:
    """Score the sets that are there, print the table, draw the plot, write the result file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--quick', action='store_true', help='corridor only')
    parser.add_argument('--set', choices=[one.name for one in SETS], help='this set only')
    parser.add_argument('--resume', action='store_true', help='keep the sets scored before')
    parser.add_argument('--skip', nargs='*', default=[], help='sets that are not scored')
    options = parser.parse_args()
    chosen = [one for one in SETS if options.set in (None, one.name)]
    scored: list[Scored] = []
    done: list[str] = []
    for one in chosen[:1] if options.quick else chosen:
        kept = WORK / f'rows-{one.name}.json'
        have = options.resume and kept.is_file()
        if one.name in options.skip or not (have or score(one, kept)):
            continue
        done.append(one.name)
        scored += json.loads(kept.read_text(encoding='utf-8'))
    rows: list[Row] = [row for row, _, _ in scored]
    print_table(rows, 'Precision of accepted matches')
    path = write_results(
        'precision', _with_others(rows, done, options.quick), quick=options.quick, note=NOTE
    )
    if len(done) == len(SETS):
        draw(scored, path.with_suffix('.png'))


def _with_others(rows: list[Row], done: list[str], quick: bool) -> list[Row]:
    """Add the rows that the result file has of the sets that were not scored now."""
    path = RESULTS / ('precision.quick.json' if quick else 'precision.json')
    names = [one.name for one in SETS]

    def of(row: Row) -> str:
        return next(name for name in names if str(row['set']).startswith(name))

    others = [row for row in stored_rows(path) if of(row) not in done]
    return sorted([*others, *rows], key=lambda row: names.index(of(row)))


if __name__ == '__main__':
    main()
