# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The data that ``training.py`` trains on and asks: galleries with places, queries with truth.

Training sees the gallery only. No query image is read before the network is trained.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
import csv
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from avpr_ros.arrays import FloatArray, IntArray, RgbImage
from avpr_ros.evaluation.metrics.positives import positives_within
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.gallery.keyframes import Keyframes
from avpr_ros.poses import Pose
from avpr_ros.sources.open import open_source
from avpr_ros.sources.options import SourceOptions
from avpr_ros.training.places import Places, PlaceSettings, places_from_poses
from benchmarks.results import ROOT, require_data
from simulation.drives.bag_writer import TRUTH_TOPIC

#: Clips of the tower are this far apart in y: never the same place, never too near a negative.
_CLIP_DISTANCE_M = 1000.0
_NORDLAND_STEP = 3


@dataclass(frozen=True, eq=False)
class ImageList:
    """Images by number.

    Attributes:
        readers: one function an image, which reads it.
    """

    readers: Sequence[Callable[[], RgbImage]]

    def __len__(self) -> int:
        return len(self.readers)

    def read(self, row: int) -> RgbImage:
        """Return the (H, W, 3) RGB image of a row."""
        return self.readers[row]()


@dataclass(frozen=True, eq=False)
class TrainingSet:
    """One set.

    Attributes:
        name: of the rows.
        gallery: N images.
        places: of the gallery.
        queries: Q images, never trained on.
        right: for each query the gallery rows that are right.
    """

    name: str
    gallery: ImageList
    places: Places
    queries: ImageList
    right: list[frozenset[int]]


def corridor() -> TrainingSet:
    """Both walks, frame by frame; right within two frames."""
    return _walks('corridor', 'gallery', 'query', 2, 1)


def nordland() -> TrainingSet:
    """Every third frame of summer and winter; right within one of these."""
    return _walks('nordland', 'summer', 'winter', 1, _NORDLAND_STEP)


def ietower() -> TrainingSet:
    """All floors in one gallery; of every clip each third second is a query.

    Right: the same clip within two seconds.
    """
    folder = require_data('ietower')
    with (folder / 'frames.csv').open(encoding='utf-8') as stream:
        table = list(csv.DictReader(stream))
    clips = {name: number for number, name in enumerate(sorted({row['clip'] for row in table}))}
    positions = np.array(
        [[float(row['second']), _CLIP_DISTANCE_M * clips[row['clip']], 0.0] for row in table]
    )
    asked = positions[:, 0] % 3 == 0
    files = [folder / row['image'] for row in table]
    gallery = [file for file, query in zip(files, asked, strict=True) if not query]
    queries = [file for file, query in zip(files, asked, strict=True) if query]
    return TrainingSet(
        'ietower',
        _files(gallery),
        _places(positions[~asked]),
        _files(queries),
        positives_within(positions[asked], positions[~asked], 2.25),
    )


def town() -> TrainingSet:
    """The map and the second drive that ``make demo`` leaves behind; right within 5 m."""
    folder = ROOT / 'build' / 'demo'
    if not (folder / 'map').is_dir():
        raise SystemExit(f'skipped: {folder} is not there; run `make demo` first')
    gallery = GalleryMap.open(folder / 'map')
    drive = list(open_source(folder / 'drive2', SourceOptions(pose_topic=TRUTH_TOPIC)).frames())
    truth_m = np.array([frame.map_from_base.translation_m for frame in drive])
    return TrainingSet(
        'town',
        ImageList([_thumbnail(gallery, row) for row in range(len(gallery))]),
        places_from_poses(gallery.keyframes, PlaceSettings()),
        ImageList([frame.decode for frame in drive]),
        positives_within(truth_m, gallery.keyframes.poses[:, :3], 5.0),
    )


SETS: dict[str, Callable[[], TrainingSet]] = {
    'corridor': corridor,
    'ietower': ietower,
    'town': town,
    'nordland': nordland,
    'gardens_day': lambda: _gardens('gardens_day', 'day_left', 'day_right'),
    'gardens_night_left': lambda: _gardens('gardens_night_left', 'day_left', 'night_right'),
    'gardens_night_right': lambda: _gardens('gardens_night_right', 'day_right', 'night_right'),
}


def _gardens(name: str, gallery: str, query: str) -> TrainingSet:
    """A walk against that of another side or light; right within three frames."""
    return replace(_walks('gardens_point', gallery, query, 3, 1), name=name)


def _walks(name: str, gallery: str, query: str, tolerance: int, step: int) -> TrainingSet:
    folder = require_data(name)
    walks = [sorted((folder / walk).iterdir())[::step] for walk in (gallery, query)]
    positions = [np.array([[float(n), 0.0, 0.0] for n in range(len(walk))]) for walk in walks]
    return TrainingSet(
        name,
        _files(walks[0]),
        _places(positions[0]),
        _files(walks[1]),
        positives_within(positions[1], positions[0], tolerance + 0.25),
    )


def _places(positions_m: FloatArray) -> Places:
    """Divide frames without poses as the package does by default, one metre a frame or second."""
    poses = [Pose.from_xy_yaw(float(x), float(y), 0.0) for x, y, _ in positions_m]
    count = len(poses)
    zeros = np.zeros(count, dtype=np.int32)
    numbers: IntArray = np.arange(count, dtype=np.int64)
    rows = np.stack([pose.as_xyz_quaternion() for pose in poses])
    sessions = np.unique(positions_m[:, 1], return_inverse=True)[1].reshape(-1).astype(np.int32)
    return places_from_poses(Keyframes(numbers, numbers, sessions, zeros, rows), PlaceSettings())


def _files(paths: Sequence[Path]) -> ImageList:
    return ImageList([_file(path) for path in paths])


def _file(path: Path) -> Callable[[], RgbImage]:
    def read() -> RgbImage:
        image = cv2.imread(str(path), cv2.IMREAD_COLOR)
        if image is None:
            raise SystemExit(f'{path} cannot be read; copy the data again')
        return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), dtype=np.uint8)

    return read


def _thumbnail(gallery: GalleryMap, row: int) -> Callable[[], RgbImage]:
    def read() -> RgbImage:
        image = gallery.thumbnail(row)
        if image is None:
            raise SystemExit(f'{gallery.path} has no thumbnails; run `make demo` again')
        return image

    return read
