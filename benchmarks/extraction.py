# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""How fast a gallery is described, beside a plain loop, and how much memory that takes.

DINOv2-S with SALAD at 322 px, random weights in the published layout: what a network knows does
not change what it costs. Loop and package describe the same bag, each in a process of
its own. Then the package describes a bag that is larger than what its process may hold
(RLIMIT_DATA); another, which decodes all images into a list first, shows that the limit bites.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from itertools import islice
import json
import os
from pathlib import Path
import resource
import subprocess
import sys
import time

import cv2
import numpy as np
import torch

from avpr_ros.arrays import RgbImage
from avpr_ros.gallery.describer import no_progress
from avpr_ros.networks.checkpoints.store import import_checkpoint, load_stored, weights_path
from avpr_ros.networks.extraction import Extraction
from avpr_ros.networks.foundation.kinds import kind_by_name
from avpr_ros.networks.foundation.network import FoundationNetwork
from avpr_ros.networks.inference import TorchNetwork, fastest
from avpr_ros.poses import Pose
from avpr_ros.runtime.preprocess import squash
from avpr_ros.sources.open import SourceOptions, open_source
from benchmarks.results import ROOT, Row, print_table, require_data, write_results
from simulation.drives.bag_writer import Shot, write_bag
from simulation.rendering.camera import Camera

NAME = 'dinov2-s-salad'
WORK = ROOT / 'build' / 'extraction'
SPEED, LARGE = 'speed', 'large'
SIZES_PX = {SPEED: (640, 480), LARGE: (6000, 4000)}
ROUNDS = 1
IMAGES = {SPEED: 24, LARGE: 40}
QUICK_IMAGES = 8
START_NS = 1_700_000_000 * 10**9
LIMIT_MB = 2600
NOTE = (
    'DINOv2-S with SALAD at 322 px and random weights; the first images of corridor, scaled up '
    'to JPEG of 640 x 480 px, and to uncompressed PNG of 6000 x 4000 px for the memory. The '
    'loop takes one image after the other: read, decode, squash, network (torch). Rates are of '
    'the walk alone, without start and export, and the package chose its runtime as for a map '
    'of 200 images or more. Loop and package ran one after the other, once, while other work '
    'ran on the machine: of the rates only the ratio counts, and not to the per cent. '
    'network_share: time inside the network over that of the walk. holding_all decodes the same '
    'bag into a list first, under the same limit.'
)


def make_bag(name: str) -> None:
    """Write the corridor's gallery walk, scaled up."""
    if (WORK / name).exists():
        return
    paths = sorted((require_data('corridor') / 'gallery').iterdir())[: IMAGES[name]]
    stamps = [START_NS + index * 10**9 for index in range(len(paths))]
    poses = [Pose.from_xy_yaw(float(index), 0.0, 0.0) for index in range(len(paths))]
    shots = (
        Shot(stamp, pose, _encoded(path, name))
        for stamp, pose, path in zip(stamps, poses, paths, strict=True)
    )
    write_bag(WORK / name, shots, list(zip(stamps, poses, strict=True)), Camera())


def _encoded(path: Path, name: str) -> bytes:
    image = cv2.resize(np.asarray(cv2.imread(str(path))), SIZES_PX[name])
    if name == LARGE:
        return bytes(cv2.imencode('.png', image, [cv2.IMWRITE_PNG_COMPRESSION, 0])[1])
    return bytes(cv2.imencode('.jpg', image)[1])


def make_weights() -> None:
    """Import random weights in the published layout into a model folder of one's own."""
    if weights_path(NAME).exists():
        return
    torch.manual_seed(0)
    prefixes = {'backbone': 'backbone.model', 'head': 'aggregator'}
    tensors = {'backbone.model.mask_token': torch.zeros(1, 384)}
    for key, value in FoundationNetwork(kind_by_name(NAME)).state_dict().items():
        room, rest = key.split('.', 1)
        tensors[f'{prefixes[room]}.{rest}'] = value
    torch.save({'state_dict': tensors}, WORK / 'random.ckpt')
    import_checkpoint(WORK / 'random.ckpt', NAME)


def images_of(bag: str, count: int) -> Iterator[RgbImage]:
    """Walk over the first images of a bag, decoding each."""
    for image in islice(
        open_source(WORK / bag, SourceOptions(poses_wanted=False)).images(), count
    ):
        yield image.decode()


def child(method: str, bag: str, count: int, limit_mb: int) -> None:
    """Describe a bag and print a row as JSON; runs in a process of its own."""
    if limit_mb:
        limit = limit_mb * 10**6
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    network = load_stored(NAME)
    network.fix_size()
    px = network.input_px
    rows = np.zeros((count, network.dim), dtype=np.float32)
    run = TorchNetwork(network) if method == 'loop' else fastest(network, px, 10 * count)
    run(np.zeros((1, px, px, 3), np.uint8))
    started = time.perf_counter()
    if method == 'loop':
        for index, image in enumerate(images_of(bag, count)):
            rows[index] = run(squash(image, px)[None])[0]
        row: Row = {}
    else:
        walk = (
            iter(list(images_of(bag, count))) if method == 'holding_all' else images_of(bag, count)
        )
        extraction = Extraction(run, WORK / f'shards-{os.getpid()}', px)
        extraction.fill(rows, walk, no_progress)
        extraction.forget()
        row = {'network_s': extraction.network_s, 'ran_with': type(run).__name__}
    seconds = time.perf_counter() - started
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-4)
    print(json.dumps({**row, 'wall_s': seconds}))


def run_child(method: str, bag: str, count: int, limit_mb: int = 0) -> dict[str, float] | None:
    """Run ``child``; None where the memory limit stopped it."""
    words = [method, bag, str(count), str(limit_mb)]
    done = subprocess.run(
        [sys.executable, __file__, '--child', *words], capture_output=True, text=True, check=False
    )
    if done.returncode == 0:
        found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
        return found
    # OpenCV takes an image that it finds no memory for as a damaged one.
    if limit_mb and any(word in done.stderr for word in ('MemoryError', 'is damaged')):
        return None
    raise SystemExit(done.stderr)


def speed_rows(count: int) -> list[Row]:
    """Loop and package in turns."""
    total: dict[str, dict[str, float]] = {'loop': {}, 'package': {}}
    used = ''
    for _ in range(ROUNDS):
        for method, sums in total.items():
            found = run_child(method, SPEED, count) or {}
            used = str(found.pop('ran_with', used))
            for key, value in found.items():
                sums[key] = sums.get(key, 0.0) + value
    rates = {method: ROUNDS * count / sums['wall_s'] for method, sums in total.items()}
    share = total['package']['network_s'] / total['package']['wall_s']
    shared = {'set': 'corridor', 'images': ROUNDS * count}
    return [
        {**shared, 'method': 'loop', 'ran_with': 'TorchNetwork', 'images_per_s': rates['loop']},
        {
            **shared,
            'method': 'package',
            'ran_with': used,
            'images_per_s': rates['package'],
            'ratio_to_loop': rates['package'] / rates['loop'],
            'network_share': share,
        },
    ]


def memory_rows(count: int) -> list[Row]:
    """Run the package and a process that holds all images under one limit."""
    width, height = SIZES_PX[LARGE]
    size = sum(path.stat().st_size for path in (WORK / LARGE).rglob('*') if path.is_file())
    rows: list[Row] = []
    for method in ('package', 'holding_all'):
        found = run_child(method, LARGE, count, LIMIT_MB)
        rows.append(
            {
                'set': f'corridor at {width} x {height} px',
                'images': count,
                'method': method,
                'bag_mb': size / 1e6,
                'memory_limit_mb': LIMIT_MB,
                'finished': found is not None,
            }
        )
    return rows


def main() -> None:
    """Make what is needed, run, print the table, write the result file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--quick', action='store_true', help='a few images, speed alone')
    parser.add_argument('--child', nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    os.environ['AVPR_MODELS'] = str(WORK / 'models')
    if options.child:
        method, bag, count, limit_mb = options.child
        child(method, bag, int(count), int(limit_mb))
        return
    WORK.mkdir(parents=True, exist_ok=True)
    make_weights()
    make_bag(SPEED)
    rows = speed_rows(QUICK_IMAGES if options.quick else IMAGES[SPEED])
    if not options.quick:
        write_results('extraction', rows, quick=False, note=NOTE)
        make_bag(LARGE)
        rows += memory_rows(IMAGES[LARGE])
    print_table(rows, 'Describing a gallery')
    write_results('extraction', rows, quick=options.quick, note=NOTE)


if __name__ == '__main__':
    main()
