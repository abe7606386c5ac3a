# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What the robot's side costs: query networks, large maps, the node, beside other pipelines.

Needs ``../shared/data``. Maps, networks and the million keyframes are made once, in
``build/onboard`` (about 2 GB), and taken from there afterwards. ``--robot-python`` names another
interpreter for the node, such as that of an environment without torch.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from itertools import islice
import json
import os
from pathlib import Path
import subprocess
import sys

import numpy as np

from avpr_ros.errors import TrainingError
from avpr_ros.gallery.gallery_map import LANDMARKS, GalleryMap
from avpr_ros.networks.query_network import VladQueryNetwork
from avpr_ros.sources.open import open_source
from avpr_ros.sources.options import SourceOptions
from avpr_ros.training.quantized import quantize_query_network
from benchmarks.results import (
    RESULTS,
    ROOT,
    Row,
    print_table,
    require_data,
    stored_rows,
    write_results,
)
from benchmarks.robot.maps import KEYFRAMES, large_map
from benchmarks.robot.method import METHODS
from benchmarks.robot.networks import heavy_network, learned_network
from benchmarks.robot.node import Drive, empty_command, jpeg_640x480, node_command, played
from benchmarks.robot.query_cost import TimedNetwork, query_cost
from benchmarks.robot.search import memory_plan, search_cost
from benchmarks.robot.town import large_town_map
from benchmarks.robot.walks import LIGHT, WALKS, map_of, query_of, read_image
from simulation.drives.bag_writer import TRUTH_TOPIC

NOTE = (
    'Measured with real-time priority (chrt -f 50) on two cores, one thread each unless said; '
    'parts may come from several runs, while other work ran at lower priority. dinov2_b is '
    'DINOv2-B + SALAD at 322 px; it and the rows of balanced and accurate have random weights, '
    'the latter for maps of DINOv2-B + BoQ, or SALAD where the row says so; balanced_322 and '
    'accurate_322 are as in the paper. fast_int8 is fast in 8 bits. '
    'image_to_pose: 640x480 JPEG, 10,000 keyframes, from publishing in one process to the pose '
    'back in it; rclpy_empty is a node that answers without looking. image_to_pose_landmarks: '
    "every eighth picture of the demo town's second drive, a metric pose for each that "
    'the landmarks confirm; the town is as built, the rest of its 10,000 keyframes are copies of '
    'it far away, the numbers of their descriptors in another order. standing hears odometry '
    'that does not move at 50 Hz and images at 30 Hz. In image_to_pose and with landmarks a '
    'process of the lowest kind (SCHED_IDLE) keeps each core from halting; in the rows named '
    'halting nothing does. The keyframes of search_* are mixtures of three real descriptors, '
    'queries lie at query_cosine from theirs; plan_10m is computed, not measured. '
    'resident_files_mb: of the resident memory, pages of files (libraries, map), which the system '
    'may drop. heavy_torch_flat is the embedded gallery network on both sides: no weights of a '
    'foundation model are at hand. nordland: every fourth query.'
)
QUICK_S, SHORT_S, LONG_S = 5.0, 60.0, 600.0
#: Preset and gallery network of the rows of ``networks`` with random weights.
LEARNED = {
    'balanced': ('balanced', 'dinov2-boq'),
    'accurate': ('accurate', 'dinov2-boq'),
    'accurate_salad': ('accurate', 'dinov2-salad'),
    'balanced_322': ('balanced-322', 'dinov2-boq'),
    'accurate_322': ('accurate-322', 'dinov2-boq'),
}


def networks(quick: bool) -> list[Row]:
    """Time the query networks beside DINOv2-B + SALAD."""
    walk = WALKS[0 if quick else 1]
    gallery = map_of(walk.name, walk.gallery_images())
    query = query_of(walk.name, gallery)
    side_px = VladQueryNetwork.for_space(gallery.space()).input_px
    queries = {'fast': TimedNetwork(query, side_px, query)}
    if int8 := int8_of(query):
        queries['fast_int8'] = TimedNetwork(int8, side_px, query)
    for method, (preset, gallery_network) in ({} if quick else LEARNED).items():
        path, px = learned_network(preset, gallery_network)
        queries[method] = TimedNetwork(path, px, path, runs=3)
    path, px = heavy_network()
    return query_cost(TimedNetwork(path, px, path, runs=1), queries, 2 if quick else 15)


def int8_of(query: Path) -> Path | None:
    """Return the 8-bit form beside a query network, made if it is not there; None: refused."""
    output = query.with_name(f'{query.stem}-int8.onnx')
    if not output.exists():
        name = query.stem.split('-')[0]
        walk = next(one for one in WALKS if one.name == name)
        try:
            quantize_query_network(map_of(name, walk.gallery_images()), query, output)
        except TrainingError as error:  # it loses too much recall: no rows of it
            print(error)
            return None
    return output


def searches(quick: bool) -> list[Row]:
    """Search ten thousand and a million keyframes, and plan ten million."""
    walk = WALKS[0 if quick else 1]
    real = np.asarray(map_of(walk.name, walk.gallery_images()).descriptors, dtype=np.float32)
    if quick:
        return [search_cost(real, 10_000, 256.0, 100, 0.95)]
    rows = [search_cost(real, 10_000, 256.0, 1000, 0.95)]
    rows += [search_cost(real, 1_000_000, 128.0, 1000, cosine) for cosine in (0.95, 0.85)]
    return rows + memory_plan(10_000_000, real.shape[1])


def drives(quick: bool, python: str) -> list[Row]:
    """Play images into an empty node and into ours, which has little to do, or much."""
    seconds = QUICK_S if quick else SHORT_S
    return _played(
        quick,
        python,
        Drive('gated_1hz', seconds, max_rate_hz=1.0),
        Drive('camera_1hz', seconds, camera_hz=1.0),
        Drive('standing', seconds, max_rate_hz=5.0, odom_hz=50.0),
    )


def sustained(quick: bool, python: str) -> list[Row]:
    """Play images into an empty node, and into ours as fast as a camera for ten minutes."""
    return _played(quick, python, _as_a_camera(quick, 'image_to_pose'))


def landmarks(quick: bool, python: str) -> list[Row]:
    """Do the same with poses by landmarks."""
    return with_landmarks(python, _as_a_camera(quick, 'image_to_pose_landmarks'))


def halting(quick: bool, python: str) -> list[Row]:
    """Do both with cores that halt whenever there is nothing to do."""
    one = replace(_as_a_camera(quick, 'image_to_pose_halting'), awake=False)
    other = replace(one, method='image_to_pose_landmarks_halting')
    return _played(quick, python, one) + with_landmarks(python, other)


def _as_a_camera(quick: bool, method: str) -> Drive:
    return Drive(method, QUICK_S if quick else LONG_S, awake=True)


def _played(quick: bool, python: str, *drives: Drive) -> list[Row]:
    walk = WALKS[0 if quick else 1]
    gallery = map_of(walk.name, walk.gallery_images())
    query = query_of(walk.name, gallery)
    folder = large_map(gallery)
    tower = sorted((require_data('ietower') / 'basement0').iterdir())[:30]
    images = [jpeg_640x480(read_image(path)) for path in tower]
    bare = Drive('rclpy_empty', QUICK_S if quick else SHORT_S, awake=drives[0].awake)
    rows = [played(empty_command(python), bare, images)]
    for drive in drives:
        shown = images[:1] if drive.odom_hz else images  # a robot that stands sees one thing
        rows.append(played(node_command(python, folder, query, drive), drive, shown))
    return rows


def with_landmarks(python: str, drive: Drive) -> list[Row]:
    """Play the demo town's second drive into a node with its map: a metric pose for each image."""
    demo = ROOT / 'build' / 'demo'
    if not (demo / 'map' / LANDMARKS).exists():
        print('without landmarks: run `make demo` first')
        return []
    frames = open_source(demo / 'drive2', SourceOptions(pose_topic=TRUTH_TOPIC)).frames()
    images = [jpeg_640x480(frame.decode()) for frame in islice(frames, 0, None, 8)]
    folder = large_town_map(GalleryMap.open(demo / 'map'), KEYFRAMES)
    drive = replace(drive, use_landmarks=True)
    command = node_command(python, folder, demo / 'query.onnx', drive)
    return [{'keyframes': KEYFRAMES, **played(command, drive, images)}]


def pipelines(quick: bool) -> list[Row]:
    """Run every method on every set, each in a process of its own."""
    rows: list[Row] = []
    for walk in WALKS[:1] if quick else WALKS:
        gallery = map_of(walk.name, walk.gallery_images())
        int8 = int8_of(query_of(walk.name, gallery))
        query_of(walk.name, map_of(walk.name, walk.gallery_images(), LIGHT), symmetric=True)
        for method in METHODS:
            if method == 'ours_int8' and int8 is None:
                continue
            run = subprocess.run(
                [sys.executable, '-m', 'robot.method', method, walk.name],
                cwd=ROOT / 'benchmarks',
                env={**os.environ, 'PYTHONPATH': str(ROOT), 'OMP_NUM_THREADS': '1'},
                check=True,
                capture_output=True,
                text=True,
            )
            rows.append(json.loads(run.stdout.splitlines()[-1]))
    return rows


def main() -> None:
    """Run the parts, print the tables, write the result file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--quick', action='store_true', help='small and short, one set')
    parser.add_argument('--robot-python', default=sys.executable, help='runs the node')
    parser.add_argument('--part', action='append', choices=list(PARTS), help='only this part')
    options = parser.parse_args()
    require_data(WALKS[0].name)
    path = RESULTS / f'onboard{".quick" if options.quick else ""}.json'
    for name in options.part or PARTS:
        rows = [{'part': name, **row} for row in PARTS[name](options.quick, options.robot_python)]
        print_table(rows, f'The robot side: {name}')
        others = [row for row in stored_rows(path) if row.get('part') != name]
        order = list(PARTS)
        whole = sorted([*others, *rows], key=lambda row: order.index(str(row['part'])))
        write_results('onboard', whole, quick=options.quick, note=NOTE)


#: Each replaces its own rows of the result file.
PARTS: dict[str, Callable[[bool, str], list[Row]]] = {
    'networks': lambda quick, _: networks(quick),
    'searches': lambda quick, _: searches(quick),
    'drives': drives,
    'sustained': sustained,
    'landmarks': landmarks,
    'halting': halting,
    'pipelines': lambda quick, _: pipelines(quick),
}


if __name__ == '__main__':
    main()
