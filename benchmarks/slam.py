# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Trajectory error before and after loop closures, from messages over topics.

``demo_town``: the row that ``make demo`` left in ``build/demo/summary.json``. ``corridor``: the
second walk through a real corridor against the map of the first, one metre a frame, with drift
added to that. The node and ``avpr_back_end`` run side by side; the walk and its odometry are
played to both.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
import shutil

import numpy as np
from rich.console import Console

from avpr_ros.demo.answers import read_answers, true_positions
from avpr_ros.demo.back_end import OUTPUT, play_with_back_end, score_back_end
from avpr_ros.demo.bag_writer import ODOMETRY_FRAME, ODOMETRY_TOPIC, Shot, write_bag
from avpr_ros.demo.camera import Camera
from avpr_ros.demo.drift import Drift, with_drift
from avpr_ros.demo.methods import METHODS
from avpr_ros.demo.steps import Steps
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.poses import Pose
from results import ROOT, Row, print_table, require_data, write_results

START_NS = 1_700_000_000 * 10**9
QUICK_FRAMES = 40
WORK = ROOT / 'build' / 'slam'
SEED = 1
#: Dead reckoning of somebody who walks.
WALKER = Drift(1.05, 0.5, 0.5)
#: What the back-end must be told about it: its defaults are for wheels.
WALKERS_NOISE = {'position_noise': 0.2, 'rotation_noise': 0.05}
#: As far off as a right match of the set may be, two frames, and a little.
WRONG_M = 2.25
ODOMETRY_PER_FRAME = 10
DEMO_SUMMARY = ROOT / 'build' / 'demo' / 'summary.json'
NOTE = (
    'ate_before_m: odometry moved rigidly onto the truth; ate_after_m: in the map, as it is. All '
    'drift is added to the truth, as said in each row. The truth of corridor is the number of the '
    'frame, a metre each along a straight line, which is good to two frames: an error of a metre '
    'is within it. wrong_edges: used loop closures with a keyframe more than 15 m (demo_town) or '
    '2 frames (corridor) off.'
)


def write_walk(images: list[Path], bag: Path, drift: Drift | None) -> None:
    """Write images as a bag, one a second and one metre apart along x, odometry at 10 Hz."""
    count = (len(images) - 1) * ODOMETRY_PER_FRAME + 1
    stamps = [START_NS + k * 10**9 // ODOMETRY_PER_FRAME for k in range(count)]
    truth = [Pose.from_xy_yaw(k / ODOMETRY_PER_FRAME, 0.0, 0.0) for k in range(count)]
    shots = [
        Shot(stamp, pose, image.read_bytes())
        for stamp, pose, image in zip(
            stamps[::ODOMETRY_PER_FRAME], truth[::ODOMETRY_PER_FRAME], images, strict=True
        )
    ]
    if drift is None:
        write_bag(bag, shots, list(zip(stamps, truth, strict=True)), Camera())
    else:
        odometry = with_drift(truth, drift, np.random.default_rng(SEED))
        pairs = list(zip(stamps, odometry, strict=True))
        write_bag(bag, shots, pairs, Camera(), ODOMETRY_FRAME)


def corridor(folder: Path, frames: int | None) -> Row:
    """Go the whole way: map of the first walk, training, second walk with odometry."""
    data = require_data('corridor')
    for walk, drift in (('gallery', None), ('query', WALKER)):
        if not (folder / walk).exists():
            write_walk(sorted((data / walk).iterdir())[:frames], folder / walk, drift)
    steps, method = Steps(folder, Console()), METHODS[-1]
    build = ['avpr', 'build', 'gallery', '--pose-topic', ODOMETRY_TOPIC, '--min-distance-m', '1']
    train = ['avpr', 'train', '--map', method.gallery]
    for command, output in ((build, method.gallery), (train, method.query)):
        if not (folder / output).exists():
            steps.run([*command, '--output', output])
    play_with_back_end(steps, folder, 'query', method, WALKERS_NOISE)
    answers = read_answers(folder / method.answers)
    stamps_ns = np.array([answer.stamp_ns for answer in answers], np.int64)
    truth_m = true_positions(folder / 'query', stamps_ns.tolist())
    keyframes = GalleryMap.open(folder / method.gallery).keyframes
    return score_back_end(
        folder / OUTPUT, stamps_ns, truth_m, keyframes, 'corridor', WALKER, WRONG_M
    ).row


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
    options = parser.parse_args()
    rows = demo_town(options.demo, options.quick)
    folder = WORK / ('corridor_quick' if options.quick else 'corridor')
    if not options.resume:
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    rows.append(corridor(folder, QUICK_FRAMES if options.quick else None))
    shown = [{key: value for key, value in row.items() if key != 'drift'} for row in rows]
    print_table(shown, 'Trajectory error before and after loop closures')
    write_results('slam', rows, quick=options.quick, note=NOTE)


if __name__ == '__main__':
    main()
