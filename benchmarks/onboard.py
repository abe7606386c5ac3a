# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What the robot's side costs: query networks, large maps, the node, beside other pipelines.

Needs ``../shared/data``. Maps, networks and the million keyframes are made once, in
``build/onboard`` (about 2 GB), and taken from there afterwards. ``--robot-python`` names another
interpreter for the node, such as that of an environment without torch.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
import subprocess
import sys

import numpy as np

from avpr_ros.training.quantized import quantize_query_network
from results import ROOT, Row, print_table, require_data, write_results
from robot.method import METHODS
from robot.node import (
    Drive,
    empty_command,
    jpeg_640x480,
    large_map,
    node_command,
    played,
)
from robot.query_cost import query_cost
from robot.search import memory_plan, search_cost
from robot.walks import LIGHT, WALKS, map_of, query_of

NOTE = (
    'The machine was shared, and the parts ran partly beside one another: the measured processes '
    'ran with real-time priority (chrt -f) on two cores, one thread each unless said. dinov2_b is '
    'the backbone alone at 322 px, random weights; an aggregation head would add to it. Beside '
    'other work the ratio of fast by the clock moved between 129 and 306 in three runs, that of '
    'processor time between 209 and 212. fast_int8 is the same network in 8 bits. image_to_pose: '
    '640x480 JPEG of 51 kB, 10,000 keyframes, from publishing in one process to the pose back in '
    'it, the node in an environment without torch; rclpy_empty is a node that answers without '
    'looking. The keyframes of search_* are mixtures of three real descriptors, queries lie at '
    'query_cosine from theirs; plan_10m is computed, not measured. heavy_torch_flat is the '
    'embedded gallery network on both sides: no weights of a foundation model are at hand. '
    'nordland: every fourth query.'
)
QUICK_S, LONG_S = 5.0, 600.0


def networks(quick: bool) -> list[Row]:
    """Time the default query network and its 8-bit form beside DINOv2-B."""
    walk = WALKS[0]
    gallery = map_of(walk.name, walk.gallery_images())
    query = query_of(walk.name, gallery)
    return query_cost(gallery, {'fast': query, 'fast_int8': int8_of(query)}, 2 if quick else 15)


def int8_of(query: Path) -> Path:
    """Return the 8-bit form beside a query network, made if it is not there."""
    output = query.with_name(f'{query.stem}-int8.onnx')
    if not output.exists():
        name = query.stem.split('-')[0]
        walk = next(one for one in WALKS if one.name == name)
        quantize_query_network(map_of(name, walk.gallery_images()), query, output)
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
    """Play images into the node: as fast as a camera, gated, and into an empty node."""
    walk = WALKS[0 if quick else 1]
    gallery = map_of(walk.name, walk.gallery_images())
    query = query_of(walk.name, gallery)
    folder = large_map(gallery)
    tower = sorted((require_data('ietower') / 'basement0').iterdir())[:30]
    images = [jpeg_640x480(path) for path in tower]
    short_s, long_s = (QUICK_S, QUICK_S) if quick else (60.0, LONG_S)
    node = [
        Drive('image_to_pose', long_s),
        Drive('gated_1hz', short_s, max_rate_hz=1.0),
        Drive('camera_1hz', short_s, camera_hz=1.0),
    ]
    rows = [played(empty_command(python), Drive('rclpy_empty', short_s), images)]
    return rows + [played(node_command(python, folder, query, d), d, images) for d in node]


def pipelines(quick: bool) -> list[Row]:
    """Run every method on every set, each in a process of its own."""
    rows: list[Row] = []
    for walk in WALKS[:1] if quick else WALKS:
        gallery = map_of(walk.name, walk.gallery_images())
        int8_of(query_of(walk.name, gallery))
        query_of(walk.name, map_of(walk.name, walk.gallery_images(), LIGHT), symmetric=True)
        for method in METHODS:
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
    options = parser.parse_args()
    require_data(WALKS[0].name)
    parts: list[list[Row]] = [networks(options.quick), searches(options.quick)]
    parts += [drives(options.quick, options.robot_python), pipelines(options.quick)]
    for part in parts:
        print_table(part, 'The robot side')
    rows = [row for part in parts for row in part]
    write_results('onboard', rows, quick=options.quick, note=NOTE)


if __name__ == '__main__':
    main()
