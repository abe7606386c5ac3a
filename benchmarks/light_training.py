# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Augmentation of light at training: the asymmetric pair by day and at night, with and without it.

Gallery network and query network see ``day_left`` of Gardens Point alone; then the query network
is given the walk on the right side, by day and at night. The rows of one seed differ by nothing
but the share of the training views whose light is changed.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
import shutil

import cv2
import numpy as np

from avpr_ros.arrays import Descriptors, IntArray
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.mapping.map_builder import BuildSettings, build_map
from avpr_ros.networks.registry import describer_by_name
from avpr_ros.runtime.onnx_backend import OnnxQueryNetwork
from avpr_ros.sources.open import open_source
from avpr_ros.sources.options import SourceOptions
from avpr_ros.training.augmentation.augment import Augmentation
from avpr_ros.training.query_training import train_query_network
from avpr_ros.training.settings import TrainSettings
from benchmarks.precision_sets import SETS, Posed
from benchmarks.results import ROOT, Row, print_table, write_results
from simulation.drives.bag_writer import ODOMETRY_TOPIC, Shot, write_bag

WORK = ROOT / 'build' / 'light_training'
QUERIES = {'day_right': 'gardens_day', 'night_right': 'gardens_night_left'}
#: A frame this near in the walk shows the same place.
TOLERANCE = 3
AUGMENTATIONS = {
    'default': Augmentation(night=0.0, winter=0.0, grey=0.0),
    'night': Augmentation(night=0.3, winter=0.0, grey=0.0),
    'night_winter_grey': Augmentation(night=0.3, winter=0.1, grey=0.2),
}
NOTE = (
    'Map and query network of day_left, the settings of avpr train but for the augmentation. '
    'recall_at_1, recall_at_5: of 200 images, within 3 frames. held_out_night, held_out_winter: '
    'recall at 1 of views of the map itself in a changed light.'
)


def prepare() -> GalleryMap:
    """Return the map of the walk by day on the left; what is there already is kept."""
    folder = WORK / 'map'
    if not folder.exists():
        posed, _ = _frames('day_right')
        shots = (Shot(stamp, pose, path.read_bytes()) for stamp, pose, path in posed)
        write_bag(WORK / 'bag', shots, [(stamp, pose) for stamp, pose, _ in posed], None)
        source = open_source(WORK / 'bag', SourceOptions(pose_topic=ODOMETRY_TOPIC))
        settings = BuildSettings(min_distance_m=0.0, min_rotation_rad=0.0)
        build_map(source, describer_by_name('embedded'), folder, settings)
    return GalleryMap.open(folder)


def trained(gallery: GalleryMap, name: str, seed: int) -> OnnxQueryNetwork:
    """Return the query network of one augmentation and seed, trained where it is not there."""
    output = WORK / f'{name}_{seed}.onnx'
    if not output.with_suffix('.json').is_file():
        settings = TrainSettings(seed=seed, augmentation=AUGMENTATIONS[name], resume=True)
        train_query_network(gallery, output, settings)
    return OnnxQueryNetwork.open(output)


def score(gallery: GalleryMap, name: str, seed: int) -> Row:
    """Train and ask."""
    network = trained(gallery, name, seed)
    at = gallery.keyframes.poses[:, 0]
    row: dict[str, object] = {'augmentation': name, 'seed': seed}
    for query in QUERIES:
        _, posed = _frames(query)
        ranks = _ranked(network, [path for _, _, path in posed], gallery.read_descriptors())
        truth = np.array([pose.translation_m[0] for _, pose, _ in posed])
        right = np.abs(at[ranks] - truth[:, np.newaxis]) <= TOLERANCE + 0.25
        row[f'{query}_recall_at_1'] = float(right[:, 0].mean())
        row[f'{query}_recall_at_5'] = float(right[:, :5].any(axis=1).mean())
    calibration = network.manifest.calibration
    statistics = {} if calibration is None else calibration.statistics
    for light in ('night', 'winter'):
        row[f'held_out_{light}'] = statistics.get(f'{light}_recall_at_1')
    return row


def _frames(query: str) -> tuple[list[Posed], list[Posed]]:
    frames = next(one.frames for one in SETS if one.name == QUERIES[query])
    assert frames is not None
    return frames()


def _ranked(network: OnnxQueryNetwork, paths: Sequence[Path], gallery: Descriptors) -> IntArray:
    """Return (Q, N) rows of the gallery, the most similar first."""
    images = (cv2.imread(str(path), cv2.IMREAD_COLOR_RGB) for path in paths)
    rows = np.stack([network.describe(np.asarray(image, np.uint8)) for image in images])
    similarities = rows @ np.asarray(gallery, np.float32).T
    return np.asarray(np.argsort(-similarities, axis=1, kind='stable'), np.int64)


def main() -> None:
    """Train and score, print the table, write the result file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--quick', action='store_true', help='one seed of two augmentations')
    parser.add_argument('--resume', action='store_true', help='keep what an earlier run trained')
    parser.add_argument('--only', choices=list(AUGMENTATIONS), help='train one, write nothing')
    options = parser.parse_args()
    if not options.resume:
        shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True, exist_ok=True)
    gallery = prepare()
    names = list(AUGMENTATIONS)[:2] if options.quick else list(AUGMENTATIONS)
    if options.only is not None:
        names = [options.only]
    seeds = (0,) if options.quick else (0, 1)
    rows = [score(gallery, name, seed) for seed in seeds for name in names]
    print_table(rows, 'Light at training')
    if options.only is None:
        write_results('light_training', rows, quick=options.quick, note=NOTE)


if __name__ == '__main__':
    main()
