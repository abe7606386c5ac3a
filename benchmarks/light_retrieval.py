# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Recall by day and by night: gallery network, light network and the asymmetric pair.

Maps, query networks and drives are those of ``precision.py``. Each pair is ranked with the
descriptors as they are and standardised: the gallery about its mean, the drive about its running
mean.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from avpr_ros.arrays import Descriptors, RgbImage
from avpr_ros.evaluation.metrics.positives import positives_within
from avpr_ros.evaluation.metrics.recall import recall_at
from avpr_ros.gallery.describer import no_progress
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.gallery.index.standardization import MAP_MEAN_IMAGES, standardized
from avpr_ros.localization.temporal.running_mean import RunningMean
from avpr_ros.networks.describer import EmbeddedDescriber
from avpr_ros.networks.registry import load_gallery_network
from benchmarks.precision_drive import read_drive
from benchmarks.precision_sets import MAP, SETS, PrecisionSet, prepare
from benchmarks.results import Row, print_table, write_results

#: Sets, and how many frames off a match may be.
RIGHT_FRAMES = {
    'gardens_day': 3,
    'gardens_night_left': 3,
    'gardens_night_right': 3,
    'corridor': 2,
}
NOTE = (
    'gardens_night_left is the walk at night against the map of the left side by day, '
    'gardens_night_right against that of the right side, gardens_day the right side against the '
    'left one; 200 images each, right within 3 frames. corridor: 111 images of a second walk, '
    'right within 2 frames. gallery and light stand on both sides, asymmetric is the trained '
    'query network against the gallery. Parts and sizes of the gallery network were chosen with '
    'these sets in view; no query was trained on.'
)


def pairs(gallery: GalleryMap, folder: Path) -> Iterator[tuple[str, Descriptors, Descriptors]]:
    """Yield the name of each pair of networks with its gallery and query descriptors."""
    drive = read_drive(folder)
    queries = [image.decode() for image in drive.images]
    stored = gallery.read_descriptors().astype(np.float32)
    yield 'asymmetric', stored, drive.descriptors
    yield 'gallery', stored, load_gallery_network(gallery.space()).describe(queries)
    mapped: list[RgbImage] = list(gallery.iter_thumbnails('images', no_progress))
    light = EmbeddedDescriber('embedded-light')
    space, described = light.describe_gallery(lambda: iter(mapped), len(mapped), no_progress)
    yield 'light', described, load_gallery_network(space).describe(queries)


def about_running_mean(queries: Descriptors, start: Descriptors) -> Descriptors:
    """Standardise the queries of a drive one after the other, beginning with the map's mean."""
    mean, rows = RunningMean(start.astype(np.float64), MAP_MEAN_IMAGES, len(queries)), []
    for descriptor in queries.astype(np.float64):
        rows.append(standardized(descriptor, mean.value))
        mean.update(descriptor, 1.0)
    return np.stack(rows).astype(np.float32)


def rows_of(one: PrecisionSet, folder: Path) -> Iterator[Row]:
    """Rank the drive of a set by each pair."""
    gallery = GalleryMap.open(folder / MAP)
    drive = read_drive(folder)
    truth_m = np.array([pose.translation_m for pose in drive.truth])
    radius_m = RIGHT_FRAMES[one.name] + 0.25
    positives = positives_within(truth_m, gallery.keyframes.poses[:, :3], radius_m)
    for name, rows, queries in pairs(gallery, folder):
        mean = rows.mean(axis=0)
        row: dict[str, object] = {'set': one.name, 'method': name, 'queries': len(queries)}
        for prefix, left, right in (
            ('', queries, rows),
            ('standardized_', about_running_mean(queries, mean), standardized(rows, mean)),
        ):
            ranked = list(np.argsort(-(left @ right.T), axis=1, kind='stable'))
            for depth in (1, 5):
                row[f'{prefix}recall_at_{depth}'] = recall_at(ranked, positives, depth, 'missed')
        yield row


def main() -> None:
    """Measure each set, print the table, write the result file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--quick', action='store_true', help='corridor only')
    options = parser.parse_args()
    rows: list[Row] = []
    for one in SETS:
        wanted = one.name in RIGHT_FRAMES and (not options.quick or one.name == 'corridor')
        folder = prepare(one) if wanted else None
        if folder is not None:
            rows += rows_of(one, folder)
    print_table(rows, 'Recall by day and by night')
    write_results('light_retrieval', rows, quick=options.quick, note=NOTE)


if __name__ == '__main__':
    main()
