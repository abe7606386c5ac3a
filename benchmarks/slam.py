# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Trajectory error before and after loop closures, from messages over topics.

``demo_town``: the row that ``make demo`` left in ``build/demo/summary.json``. ``corridor``: the
second walk through a real corridor against the map of the first, one metre a frame. ``euroc_v1``:
each fourth frame of a drone's flight through a room against a map of the others, as in
``metric_pose.py``; ``euroc_v1_half``: each second frame, so that the map is half as dense. The
odometry of the real ones is their truth with drift added. The node and ``avpr_pose_graph`` run
side by side, all settings as shipped; the drive and its odometry are played to both.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
import json
from pathlib import Path
import shutil

import numpy as np
from rich.console import Console

from avpr_ros.gallery.gallery_map import GalleryMap
from benchmarks.results import (
    RESULTS,
    ROOT,
    Row,
    print_table,
    require_data,
    stored_rows,
    write_results,
)
from benchmarks.slam_walks import GALLERY, QUERY, WALKER, write_corridor, write_euroc
from simulation.demo.answers import read_answers, true_positions
from simulation.demo.back_end import OUTPUT, play_with_back_end, score_back_end
from simulation.demo.methods import METHODS
from simulation.demo.steps import Steps
from simulation.drives.bag_writer import ODOMETRY_TOPIC
from simulation.drives.drift import Drift

WORK = ROOT / 'build' / 'slam'
DEMO = 'demo_town'
DEMO_SUMMARY = ROOT / 'build' / 'demo' / 'summary.json'
NOTE = (
    'All settings as shipped. ate_before_m, ate_after_m: odometry and back-end, each moved '
    'rigidly onto the truth, as evo_ape --align does; error_in_map_m: the back-end as it lies in '
    'the map. All drift is added to the truth, as said in each row; that of the real '
    'sets is many times that of published odometry, see odometry_drift. wrong_edges: '
    'used loop closures that place the base more than wrong_m from the truth. corridor: a frame '
    'is a metre along a straight line, and the truth is the number of the frame, good to two '
    'frames; more than two is a wrong edge, and a metre in the map is within the truth. '
    'euroc_v1: the map is three of four frames of one flight, the fourth is played; '
    'euroc_v1_half: every second frame is mapped, the others are played.'
)


@dataclass(frozen=True)
class Walk:
    """A real set.

    Attributes:
        name: of the row.
        data: folder of the set.
        write: writes the bags ``gallery`` and ``query`` into a folder, the second with drift.
        min_distance_m: between keyframes.
        wrong_m: a loop closure that places the base farther from the truth is a wrong edge.
    """

    name: str
    data: str
    write: Callable[[Path, Path, Drift, int | None], None]
    min_distance_m: float
    wrong_m: float


SETS = (
    Walk('corridor', 'corridor', write_corridor, 1.0, 2.5),
    Walk('euroc_v1', 'euroc_v1', write_euroc, 0.01, 0.5),
    Walk('euroc_v1_half', 'euroc_v1', partial(write_euroc, every=2), 0.01, 0.5),
)
QUICK_FRAMES = 40


def run_set(walk: Walk, folder: Path, frames: int | None) -> Row:
    """Go the whole way: map of the first drive, training, second drive with odometry."""
    if not (folder / QUERY).exists():
        walk.write(require_data(walk.data), folder, WALKER, frames)
    steps, method = Steps(folder, Console()), METHODS[-1]
    build = ['avpr', 'build', GALLERY, '--pose-topic', ODOMETRY_TOPIC]
    build += ['--min-distance-m', str(walk.min_distance_m)]
    train = ['avpr', 'train', '--map', method.gallery]
    for command, output in ((build, method.gallery), (train, method.query)):
        if not (folder / output).exists():
            steps.run([*command, '--output', output])
    play_with_back_end(steps, folder, QUERY, method)
    answers = read_answers(folder / method.answers)
    stamps_ns = np.array([answer.stamp_ns for answer in answers], np.int64)
    truth_m = true_positions(folder / QUERY, stamps_ns.tolist())
    keyframes = GalleryMap.open(folder / method.gallery).keyframes
    row = score_back_end(
        folder / OUTPUT, stamps_ns, truth_m, keyframes, walk.name, WALKER, walk.wrong_m
    ).row
    sent = sum(answer.pose_m is not None for answer in answers)
    if sent != int(row['used_edges'] or 0) + int(row['rejected_edges'] or 0):
        raise SystemExit(f'{walk.name}: loop closures were lost on the way; run it again.')
    return row


def demo_town(summary: Path, quick: bool) -> list[Row]:
    """Return the demo's row; none, with a word about it, where there is none of this size."""
    rows: list[Row] = []
    if summary.is_file():
        document = json.loads(summary.read_text(encoding='utf-8'))
        found = [row for row in document['rows'] if row['method'] == 'back_end']
        rows = found if document['quick'] == quick else []
    if not rows:
        print(f'demo_town is left out: {summary} has no row of this size of town; make demo first')
    return rows


def main() -> None:
    """Run, print the table, write the result file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--quick', action='store_true', help='the first frames of corridor')
    parser.add_argument('--demo', type=Path, default=DEMO_SUMMARY, help='summary of the demo')
    parser.add_argument('--resume', action='store_true', help='keep bags, map, network made')
    names = [DEMO, *(walk.name for walk in SETS)]
    parser.add_argument('--set', choices=names, help='make one row anew, keep the others')
    options = parser.parse_args()
    wanted = [options.set] if options.set else names
    rows = demo_town(options.demo, options.quick) if DEMO in wanted else []
    for walk in SETS[:1] if options.quick else SETS:
        if walk.name not in wanted:
            continue
        folder = WORK / (f'{walk.name}_quick' if options.quick else walk.name)
        if not options.resume:
            shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True)
        rows.append(run_set(walk, folder, QUICK_FRAMES if options.quick else None))
    if options.set:
        others = [row for row in stored_rows(RESULTS / 'slam.json') if row['set'] not in wanted]
        rows = sorted([*others, *rows], key=lambda row: names.index(str(row['set'])))
    shown = [{key: value for key, value in row.items() if key != 'drift'} for row in rows]
    print_table(shown, 'Trajectory error before and after loop closures')
    write_results('slam', rows, quick=options.quick, note=NOTE)


if __name__ == '__main__':
    main()
