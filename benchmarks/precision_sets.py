# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The sets of ``precision.py``: a bag to map, a bag to match, how far off a match may be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
import csv
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.poses import Pose
from avpr_ros.training.recalibrate import recalibrate
from benchmarks import metric_pose_sets
from benchmarks.metric_pose_sets import PoseSet
from benchmarks.results import ROOT, require_data
from benchmarks.traversals import START_NS
from simulation.demo.steps import Steps
from simulation.drives.bag_writer import ODOMETRY_TOPIC, Shot, write_bag

WORK = ROOT / 'build' / 'precision'
DEMO = ROOT / 'build' / 'demo'
GALLERY_BAG, QUERY_BAG, MAP, QUERY = 'gallery', 'query', 'map', 'query.onnx'
#: Metres between clips of ``ietower`` that have nothing to do with each other.
APART_M = 1000.0
#: Time between two frames of ``gardens_point``, at a walk.
GARDENS_NS = 10**9 // 2

Posed = tuple[int, Pose, Path]


@dataclass(frozen=True)
class PrecisionSet:
    """One set.

    Attributes:
        name: of the rows.
        tolerance_m: a match this near to the truth is right.
        spacing_m: distance between keyframes; 0 maps every image.
        frames: reads the images to map and those to match; None for the demo's town, whose
            drives ``make demo`` records, and for ``euroc_v1``, which ``metric_pose.py`` prepares.
    """

    name: str
    tolerance_m: float
    spacing_m: float
    frames: Callable[[], tuple[list[Posed], list[Posed]]] | None


def prepare(one: PrecisionSet) -> Path | None:
    """Return the set's folder with map, query network and query bag; None where data is missing.

    What is there already is kept; a query network without a probability is calibrated anew.
    """
    folder = WORK / one.name
    if one.name == 'euroc_v1':
        euroc(folder)
    elif one.frames is None:
        folder = DEMO
        if not (folder / QUERY).is_file():
            return None
    else:
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / QUERY_BAG).exists():
            for bag, posed in zip((GALLERY_BAG, QUERY_BAG), one.frames(), strict=True):
                write_posed(folder / bag, posed)
        steps = Steps(folder, Console())
        build = ['avpr', 'build', GALLERY_BAG, '--pose-topic', ODOMETRY_TOPIC, '--output', MAP]
        if not (folder / MAP).exists():
            steps.run([*build, '--min-distance-m', str(one.spacing_m), '--min-rotation-deg', '15'])
        if not (folder / QUERY).exists():
            steps.run(['avpr', 'train', '--map', MAP, '--output', QUERY])
    return folder


def calibrated(folder: Path) -> None:
    """Give a query network that was trained before there were probabilities its calibration."""
    text = (folder / QUERY).with_suffix('.json').read_text(encoding='utf-8')
    if '"score"' not in text:
        recalibrate(GalleryMap.open(folder / MAP), folder / QUERY)


def write_posed(bag: Path, posed: Sequence[Posed]) -> None:
    """Write images with their poses as a bag."""
    shots = (Shot(stamp, pose, path.read_bytes()) for stamp, pose, path in posed)
    write_bag(bag, shots, [(stamp, pose) for stamp, pose, _ in posed], None)


def _walks(name: str, gallery: str, query: str) -> tuple[list[Posed], list[Posed]]:
    data = require_data(name)

    def walk(folder: str) -> list[Posed]:
        return [
            (START_NS + i * 10**9, Pose.from_xy_yaw(float(i), 0.0, 0.0), path)
            for i, path in enumerate(sorted((data / folder).iterdir()))
        ]

    return walk(gallery), walk(query)


def _gardens(gallery: str, query: str) -> tuple[list[Posed], list[Posed]]:
    """Frames of one index were taken at one place; a metre stands for a frame."""
    data = require_data('gardens_point')
    with (data / 'frames.csv').open(encoding='utf-8') as stream:
        rows = list(csv.DictReader(stream))

    def walk(traversal: str) -> list[Posed]:
        return [
            (
                START_NS + int(row['index']) * GARDENS_NS,
                Pose.from_xy_yaw(float(row['index']), 0.0, 0.0),
                data / row['file'],
            )
            for row in rows
            if row['traversal'] == traversal
        ]

    return walk(gallery), walk(query)


def _ietower() -> tuple[list[Posed], list[Posed]]:
    """Each third second is a query, the others are mapped; clips lie side by side."""
    data = require_data('ietower')
    with (data / 'frames.csv').open(encoding='utf-8') as stream:
        rows = list(csv.DictReader(stream))
    clips = list(dict.fromkeys(row['clip'] for row in rows))
    gallery: list[Posed] = []
    queries: list[Posed] = []
    for row in rows:
        number, second = clips.index(row['clip']), int(row['second'])
        pose = Pose.from_xy_yaw(float(second), APART_M * number, 0.0)
        # A pause between clips: nobody walks from one into the next.
        stamp_ns = START_NS + (1000 * number + second) * 10**9
        (queries if second % 3 == 2 else gallery).append((stamp_ns, pose, data / row['image']))
    return sorted(gallery, key=_stamp), sorted(queries, key=_stamp)


def euroc(folder: Path) -> PoseSet:
    """Return ``euroc_v1`` as ``metric_pose.py`` has it: with its lens, so with metric poses."""
    return metric_pose_sets.euroc(require_data('euroc_v1'), folder)


def _stamp(posed: Posed) -> int:
    return posed[0]


SETS = (
    PrecisionSet('corridor', 2.25, 1.0, lambda: _walks('corridor', 'gallery', 'query')),
    PrecisionSet('euroc_v1', 1.0, 0.0, None),
    PrecisionSet('town', 10.0, 2.0, None),
    PrecisionSet('nordland', 1.25, 1.0, lambda: _walks('nordland', 'summer', 'winter')),
    PrecisionSet('ietower', 2.25, 0.5, _ietower),
    PrecisionSet('gardens_day', 8.25, 0.0, lambda: _gardens('day_left', 'day_right')),
    PrecisionSet('gardens_night_left', 8.25, 0.0, lambda: _gardens('day_left', 'night_right')),
    PrecisionSet('gardens_night_right', 8.25, 0.0, lambda: _gardens('day_right', 'night_right')),
)
