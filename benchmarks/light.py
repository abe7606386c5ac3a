# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Accepted matches by day and by night, with RootSIFT alone and with learned features beside it.

One map and one query network a set, and the matcher as shipped; only the kinds of features that it
uses differ. No pose and no odometry is used but the order of the frames.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path
import time

import numpy as np
from rich.console import Console

from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.gallery.local_features.landmarks import Landmarks
from benchmarks.precision import METHODS, errors_m
from benchmarks.precision_drive import Drive, matched, read_drive
from benchmarks.precision_left_out import wrong_floors
from benchmarks.precision_sets import (
    GALLERY_BAG,
    MAP,
    QUERY,
    QUERY_BAG,
    SETS,
    WORK,
    PrecisionSet,
    prepare,
    write_posed,
)
from benchmarks.results import RESULTS, Row, print_table, stored_rows, write_results
from simulation.demo.steps import Steps
from simulation.drives.bag_writer import ODOMETRY_TOPIC

LIGHT_SETS = 'gardens_day', 'gardens_night_left', 'gardens_night_right'
#: Sets of one light, to see what learned features cost there; retrieval needs no training for it.
SAME_LIGHT_SETS = 'corridor', 'ietower'
NOTE = (
    'gardens_night_left is the walk at night against the map of the left side by day, '
    'gardens_night_right against that of the right side, gardens_day the right side against the '
    'left one; 200 images each, wrong is more than 8 frames off. ms is the median of search, '
    'local features and decision, without the query network, beside other work on the machine: '
    'compare within a set only with care. Size of the images and number '
    'of learned features were chosen with these sets in view. corridor and ietower are walks in '
    'one light: there the light network retrieves on both sides; ietower counts matches on '
    'another floor as wrong_floor_accepted. Rows of different sets may come from different runs.'
)


@dataclass(frozen=True, eq=False)
class FirstKindAlone(GalleryMap):
    """A map as ``--no-learned-features`` makes it."""

    def landmarks(self) -> Landmarks:
        """Return the landmarks with the first kind of features, and the thresholds of that."""
        found = super().landmarks()
        assert found is not None
        floor = found.first_kind_floor
        assert floor is not None
        return replace(found, layers=found.layers[:1], first_kind_floor=None, **vars(floor))

    @classmethod
    def of(cls, gallery: GalleryMap) -> FirstKindAlone:
        """Return the same map with the first kind of features alone."""
        return cls(**{field.name: getattr(gallery, field.name) for field in fields(gallery)})


def rows_of(one: PrecisionSet, folder: Path, drive: Drive) -> Iterator[Row]:
    """Match the drive with each kind of features."""
    gallery = GalleryMap.open(folder / MAP)
    floors = wrong_floors if one.name == 'ietower' else None
    method = next(method for method in METHODS if method.name == 'all')
    for name, variant in (
        ('rootsift', FirstKindAlone.of(gallery)),
        ('rootsift_xfeat', gallery),
    ):
        landmarks = variant.landmarks()
        assert landmarks is not None
        times_s, results = [], []
        before_s = time.perf_counter()
        for result in matched(folder, drive, method, variant):
            results.append(result)
            times_s.append(time.perf_counter() - before_s)
            before_s = time.perf_counter()
        errors = errors_m(results, drive)
        accepted = np.array([result.accepted for result in results])
        yield {
            'set': one.name,
            'features': name,
            'queries': len(results),
            'best_place_right': float((errors <= one.tolerance_m).mean()),
            'accepted': int(accepted.sum()),
            'wrong_accepted': int((accepted & (errors > one.tolerance_m)).sum()),
            'ms': 1e3 * float(np.median(times_s)),
            'kb_per_keyframe': _kb(landmarks, folder) / len(gallery),
            **({} if floors is None else floors(results, drive)),
        }


def _kb(landmarks: Landmarks, folder: Path) -> float:
    file = folder / 'size.npz'
    landmarks.save(file)
    size_kb = file.stat().st_size / 1e3
    file.unlink()
    return size_kb


def prepare_without_training(one: PrecisionSet) -> Path:
    """Return the folder of a set whose map is of the light network, which is the query network."""
    assert one.frames is not None
    folder = WORK / 'light' / one.name
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / QUERY_BAG).exists():
        for bag, posed in zip((GALLERY_BAG, QUERY_BAG), one.frames(), strict=True):
            write_posed(folder / bag, posed)
    steps = Steps(folder, Console())
    build = ['avpr', 'build', GALLERY_BAG, '--pose-topic', ODOMETRY_TOPIC, '--output', MAP]
    build += ['--min-distance-m', str(one.spacing_m), '--gallery-network', 'embedded-light']
    if not (folder / MAP).exists():
        steps.run(build)
    if not (folder / QUERY).exists():
        steps.run(['avpr', 'train', '--map', MAP, '--symmetric', '--output', QUERY])
    return folder


def main() -> None:
    """Compare the kinds on each set, print the table, write the result file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--quick', action='store_true', help='gardens_day only')
    names = [*LIGHT_SETS, *SAME_LIGHT_SETS]
    parser.add_argument('--set', action='append', choices=names, help='these sets only')
    options = parser.parse_args()
    wanted = LIGHT_SETS[:1] if options.quick else options.set or names
    rows: list[Row] = []
    for one in SETS:
        if one.name not in wanted:
            continue
        in_one_light = one.name in SAME_LIGHT_SETS
        folder = prepare_without_training(one) if in_one_light else prepare(one)
        if folder is not None:
            rows += rows_of(one, folder, read_drive(folder))
    print_table(rows, 'Another light')
    if not options.quick:
        others = stored_rows(RESULTS / 'light.json')
        rows += [row for row in others if row['set'] not in wanted]
        rows.sort(key=lambda row: names.index(str(row['set'])))
    write_results('light', rows, quick=options.quick, note=NOTE)


if __name__ == '__main__':
    main()
