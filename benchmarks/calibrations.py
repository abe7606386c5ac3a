# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Poses of images that are rectified, cut to a region of interest, or binned.

``euroc_v1``: three of four frames are the map, the fourth is a query. Each set of queries is a bag
of its own, whose ``camera_info`` follows one convention of ROS; images and poses are the same.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
import shutil
import sys

import numpy as np

from avpr_ros.api.maps import build_map
from avpr_ros.cli.console import print_note
from avpr_ros.errors import ImageDecodeError
from avpr_ros.evaluation.runs.ground_truth_poses import open_drive
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.localization.offline import localize_drive
from avpr_ros.localization.recognizer import Recognizer
from avpr_ros.sources.options import SourceOptions
from avpr_ros.training.query_training import train_query_network
from avpr_ros.training.settings import TrainSettings
from benchmarks.calibration_bags import BASE_FRAME, CONVENTIONS, POSE_TOPIC, Convention, write_bag
from benchmarks.results import ROOT, Row, print_table, require_data, write_results

WORK = ROOT / 'build' / 'calibrations'
#: Conventions whose images the map is built of, and its gallery network.
MAPS = (('raw', 'embedded-fixed'), ('rectified', 'embedded-fixed'), ('raw', 'embedded'))
WRONG_M = 0.5
NOTE = (
    'All settings as shipped; images of 752 x 480 px. wrong: accepted poses more than 0.5 m from '
    'the truth. landmarks: share of the features of the map that have a point in space. The query '
    'network of embedded-fixed is in the map, that of embedded is trained on the map.'
)


def prepare(convention: Convention, network: str, folder: Path) -> tuple[Path, Path | None]:
    """Build the map of one convention; return it and the query network that is not in it."""
    made = folder / f'{convention.name}_{network}'
    query = made.with_suffix('.onnx') if network == 'embedded' else None
    if not made.exists():
        bag = write_bag(folder / f'{convention.name}_map', convention, queries=False)
        options = SourceOptions(pose_topic=POSE_TOPIC, base_frame=BASE_FRAME)
        build_map(
            bag,
            made,
            network=network,
            min_distance_m=0.01,
            min_rotation_rad=0.01,
            options=options,
        )
    if query is not None and not query.exists():
        train_query_network([GalleryMap.open(made)], query, TrainSettings())
    return made, query


def measure(bag: Path, gallery: GalleryMap, query: Path | None) -> Row:
    """Localise the queries of a bag and compare with the truth."""
    manifest = gallery.manifest
    options = SourceOptions(pose_topic=POSE_TOPIC, map_cameras=manifest.cameras)
    drive = open_drive(bag, options, manifest)
    if drive.no_truth is not None:
        raise SystemExit(drive.no_truth)
    errors_m, reasons = [], []
    for result in localize_drive(drive.source, Recognizer.of_map(gallery, query)):
        if isinstance(result, ImageDecodeError):
            raise result
        if result.estimate is None:
            reasons.append(result.reason.value)
            continue
        errors_m.append(result.estimate.map_from_base.distance_m(drive.truth[result.stamp_ns]))
        if errors_m[-1] > WRONG_M:
            print_note(f'{bag.name} {result.stamp_ns}: wrong by {errors_m[-1]:.2f} m')
    return {
        'queries': len(errors_m) + len(reasons),
        'accepted': len(errors_m),
        'wrong': sum(error > WRONG_M for error in errors_m),
        'median_error_m': float(np.median(errors_m)) if errors_m else None,
        'max_error_m': max(errors_m, default=None),
        'rejected': ', '.join(f'{one} {reasons.count(one)}' for one in sorted(set(reasons))),
    }


def landmark_share(gallery: GalleryMap) -> float:
    """Return the share of the RootSIFT features that have a point in space."""
    landmarks = gallery.landmarks()
    if landmarks is None:
        raise SystemExit(f'{gallery.path} has no landmarks; remove it, so that it is built anew')
    return float(np.isfinite(landmarks.layers[0].points_m[:, 0]).mean())


def main() -> None:
    """Run, print the table, write the result file."""
    if os.environ.get('OMP_NUM_THREADS') != '1':  # as the node has it; read with numpy
        os.environ['OMP_NUM_THREADS'] = '1'
        os.execv(sys.executable, [sys.executable, '-m', 'benchmarks.calibrations', *sys.argv[1:]])
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--quick', action='store_true', help='one map, without training')
    parser.add_argument('--resume', action='store_true', help='keep maps and networks')
    options = parser.parse_args()
    require_data('euroc_v1')
    if not options.resume:
        shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True, exist_ok=True)
    rows: list[Row] = []
    for name, network in MAPS[:1] if options.quick else MAPS:
        made, query = prepare(CONVENTIONS[name], network, WORK)
        gallery = GalleryMap.open(made)
        for convention in CONVENTIONS.values():
            bag = write_bag(WORK / convention.name, convention, queries=True)
            about = {'map': name, 'network': network, 'landmarks': landmark_share(gallery)}
            rows.append({**about, 'images': convention.name, **measure(bag, gallery, query)})
            print_note(str(rows[-1]))
    print_table(rows, 'Poses by the convention of camera_info')
    write_results('calibrations', rows, quick=options.quick, note=NOTE)


if __name__ == '__main__':
    main()
