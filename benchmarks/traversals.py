# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Recall of the whole way on real traversals: bag, build, train, node over topics.

Both walks of a set become mcap bags (compressed images, odometry at one metre a frame, since the
sets have no metric poses). The gallery walk is built into a map with the heavy network and into
one with the light network; the query network is trained on the gallery walk only. Then the query
walk is played into ``avpr_localizer`` once a method, and the candidates of ``~/matches`` are
scored.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
import shutil

import numpy as np
from rich.console import Console

from avpr_ros.evaluation.metrics.positives import positives_within
from avpr_ros.evaluation.metrics.recall import recall_at
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.poses import Pose
from benchmarks.results import ROOT, Row, print_table, require_data, write_results
from simulation.demo.answers import read_answers, true_positions
from simulation.demo.methods import METHODS, Method, build_and_train, play
from simulation.demo.steps import Steps
from simulation.drives.bag_writer import Shot, write_bag

START_NS = 1_700_000_000 * 10**9
QUICK_FRAMES = 40
GALLERY_BAG, QUERY_BAG = 'gallery', 'query'
WORK = ROOT / 'build' / 'traversals'
NOTE = (
    'No metric poses in these sets: one metre a frame is assumed. Each query went to the node '
    'over topics after the answer to the one before; latency is from publishing to ~/matches.'
)


@dataclass(frozen=True)
class Traversal:
    """One set: where its walks lie and how far off a match may be."""

    name: str
    gallery: str
    query: str
    tolerance_frames: int


SETS = (Traversal('corridor', 'gallery', 'query', 2), Traversal('nordland', 'summer', 'winter', 1))


def write_walk(images: list[Path], bag: Path) -> None:
    """Write images as a bag: one a second, one metre apart along x."""
    stamps = [START_NS + index * 10**9 for index in range(len(images))]
    poses = [Pose.from_xy_yaw(float(index), 0.0, 0.0) for index in range(len(images))]
    shots = (
        Shot(stamp, pose, image.read_bytes())
        for stamp, pose, image in zip(stamps, poses, images, strict=True)
    )
    write_bag(bag, shots, list(zip(stamps, poses, strict=True)), None)


def run_set(traversal: Traversal, folder: Path, frames: int | None) -> list[Row]:
    """Go the whole way on one set; return one row a method."""
    data = require_data(traversal.name)
    for walk, bag in ((traversal.gallery, GALLERY_BAG), (traversal.query, QUERY_BAG)):
        if not (folder / bag).exists():
            write_walk(sorted((data / walk).iterdir())[:frames], folder / bag)
    steps = Steps(folder, Console())
    build_and_train(steps, folder, GALLERY_BAG, min_distance_m=1.0)
    for method in METHODS:
        play(steps, folder, QUERY_BAG, method)
    return [score(traversal, folder, method) for method in METHODS]


def score(traversal: Traversal, folder: Path, method: Method) -> Row:
    """Compare what the node answered with the truth."""
    answers = read_answers(folder / method.answers)
    keyframes = GalleryMap.open(folder / method.gallery).keyframes
    truth_m = true_positions(folder / QUERY_BAG, [answer.stamp_ns for answer in answers])
    positives = positives_within(
        truth_m, keyframes.poses[:, :3], traversal.tolerance_frames + 0.25
    )
    rows = {int(one): row for row, one in enumerate(keyframes.ids)}
    ranked = [np.array([rows[m.keyframe_id] for m in a.matches], np.int64) for a in answers]
    accepted = [
        (answer.pose_m, truth)
        for answer, truth in zip(answers, truth_m, strict=True)
        if answer.pose_m is not None
    ]
    wrong = sum(
        float(np.linalg.norm(np.array(pose_m) - truth)) > traversal.tolerance_frames + 0.25
        for pose_m, truth in accepted
    )
    latencies = [answer.latency_ms for answer in answers if answer.latency_ms is not None]
    return {
        'set': traversal.name,
        'method': method.name,
        **{f'recall_at_{n}': recall_at(ranked, positives, n, 'missed') for n in (1, 5, 10)},
        'queries': len(answers),
        'keyframes': len(keyframes),
        'accepted': len(accepted),
        'wrong_accepted': wrong,
        'latency_p50_ms': float(np.median(latencies)),
        'latency_p99_ms': float(np.percentile(latencies, 99)),
    }


def main() -> None:
    """Run the sets, print the table, write the result file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--quick', action='store_true', help='the first frames of corridor only')
    parser.add_argument('--set', choices=[one.name for one in SETS], help='one set, not written')
    parser.add_argument('--resume', action='store_true', help='keep bags, maps, networks made')
    options = parser.parse_args()
    chosen = [one for one in SETS if options.set in (None, one.name)]
    rows: list[Row] = []
    for traversal in chosen[:1] if options.quick else chosen:
        folder = WORK / (f'{traversal.name}_quick' if options.quick else traversal.name)
        if not options.resume:
            shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True)
        rows += run_set(traversal, folder, QUICK_FRAMES if options.quick else None)
    print_table(rows, 'Real traversals, through the node')
    if options.set is None:
        write_results('traversals', rows, quick=options.quick, note=NOTE)


if __name__ == '__main__':
    main()
