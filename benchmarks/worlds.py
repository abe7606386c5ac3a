# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Wrong matches where there is every reason for them: an office of look-alike storeys.

``door_corridor``: four storeys of identical corridors with identical doors at equal spacing and
few marks, two of them mapped; a drive over each. ``outside_map``: streets of the demo's town that
are not in the map. ``demo_town``: its second drive, on the same map. All worlds are rendered here;
map and query network are made by ``avpr build`` and ``avpr train``, and each drive goes through
what ``avpr localize`` runs.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
import shutil

import cv2
import numpy as np
from rich.console import Console

from avpr_ros.errors import ImageDecodeError
from avpr_ros.evaluation.runs.drive_score import DriveScorer
from avpr_ros.evaluation.runs.ground_truth_poses import EvaluationDrive, open_drive
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.localization.offline import localize_drive
from avpr_ros.localization.recognizer import Recognizer
from avpr_ros.localization.result import MatchResult
from avpr_ros.sources.options import SourceOptions
from benchmarks.results import ROOT, Row, print_table, write_results
from simulation.demo.steps import Steps
from simulation.drives.bag_writer import ODOMETRY_TOPIC, TRUTH_TOPIC
from simulation.drives.worlds import QUICK_WORLDS, WORLDS, World, record_world

WORK = ROOT / 'build' / 'worlds'
MAP, QUERY, WRONG = 'map', 'query.onnx', 'wrong'
NOTE = (
    'Rendered worlds, 320 x 240 px. wrong_accepted: poses more than wrong_m from the truth; on '
    'outside_map every accepted pose is more than wrong_m from every keyframe. Counts of the '
    'other reasons follow; all settings as shipped.'
)


@dataclass(frozen=True)
class PreparedSet:
    """One set of queries, ready to be localised.

    Attributes:
        name: of the set.
        bags: of its drives; each is one sequence.
        map_folder: of the map they are asked against.
        query: ONNX file of the query network.
        wrong_m: an accepted pose farther from the truth is wrong.
    """

    name: str
    bags: tuple[Path, ...]
    map_folder: Path
    query: Path
    wrong_m: float


def prepare(world: World, folder: Path) -> list[PreparedSet]:
    """Render, build and train what is not in the folder yet; return the world's sets."""
    console = Console()
    record_world(world, folder, console)
    steps = Steps(folder, console)
    bags = [drive.name for drive in world.mapping]
    build = ['avpr', 'build', *bags, '--pose-topic', ODOMETRY_TOPIC]
    build += ['--min-distance-m', str(world.keyframe_m)]
    for command, output in ((build, MAP), (['avpr', 'train', '--map', MAP], QUERY)):
        if not (folder / output).exists():
            steps.run([*command, '--output', output])
    return [
        PreparedSet(
            name,
            tuple(folder / drive.name for drive in drives),
            folder / MAP,
            folder / QUERY,
            world.wrong_m,
        )
        for name, drives in world.queries.items()
    ]


def prepared_sets(quick: bool = False) -> list[PreparedSet]:
    """Return the sets of all worlds; what an earlier run left is not made again."""
    return [
        one
        for world in (QUICK_WORLDS if quick else WORLDS)
        for one in prepare(world, _folder(world, quick))
    ]


def score(one: PreparedSet) -> Row:
    """Localise every drive of a set; compare with the truth, keep pictures of what is wrong."""
    gallery = GalleryMap.open(one.map_folder)
    reasons: Counter[str] = Counter()
    wrong, errors_m, queries = 0, [], 0
    for bag in one.bags:
        drive = open_drive(bag, SourceOptions(pose_topic=TRUTH_TOPIC), gallery.manifest)
        scorer = DriveScorer(drive.truth, gallery.keyframes, one.wrong_m)
        results = list(_results(drive, Recognizer.of_map(gallery, one.query)))
        for result in results:
            scorer.add(result)
            reasons[result.reason.value] += 1
        figures = scorer.score()
        wrong, queries = wrong + figures.wrong_accepted, queries + figures.queries
        errors_m += figures.errors_m.tolist()
        _keep_wrong(one, bag, drive, results, gallery)
    accepted = reasons.pop('accepted', 0)
    return {
        'set': one.name,
        'keyframes': len(gallery.keyframes),
        'queries': queries,
        'accepted': accepted,
        'wrong_accepted': wrong,
        'wrong_m': one.wrong_m,
        'median_error_m': float(np.median(errors_m)) if errors_m else None,
        **{f'rejected_{reason}': count for reason, count in sorted(reasons.items())},
    }


def _results(drive: EvaluationDrive, recognizer: Recognizer) -> Iterator[MatchResult]:
    for result in localize_drive(drive.source, recognizer):
        if isinstance(result, ImageDecodeError):
            raise result
        yield result


def _keep_wrong(
    one: PreparedSet,
    bag: Path,
    drive: EvaluationDrive,
    results: list[MatchResult],
    gallery: GalleryMap,
) -> None:
    """Write each wrongly accepted query beside its keyframe, for people to look at."""
    wrong = {
        result.stamp_ns: result
        for result in results
        if result.estimate is not None
        and result.estimate.map_from_base.distance_m(drive.truth[result.stamp_ns]) > one.wrong_m
    }
    folder = one.map_folder.parent / WRONG / one.name
    for image in drive.source.images():
        result = wrong.get(image.stamp_ns)
        thumbnail = None if result is None else gallery.thumbnail(result.candidates[0].row)
        if thumbnail is None:
            continue
        query = image.decode()
        beside = cv2.resize(thumbnail, query.shape[1::-1])
        folder.mkdir(parents=True, exist_ok=True)
        picture = np.hstack([query, beside])[..., ::-1]
        cv2.imwrite(str(folder / f'{bag.name}_{image.stamp_ns}.png'), picture)


def _folder(world: World, quick: bool) -> Path:
    return WORK / (f'{world.name}_quick' if quick else world.name)


def main() -> None:
    """Make the worlds, score the sets, print the table, write the result file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--quick', action='store_true', help='one corridor and two streets')
    parser.add_argument('--world', choices=[one.name for one in WORLDS], help='one, not written')
    parser.add_argument('--resume', action='store_true', help='keep bags, maps, networks made')
    options = parser.parse_args()
    rows: list[Row] = []
    for world in QUICK_WORLDS if options.quick else WORLDS:
        if options.world in (None, world.name):
            folder = _folder(world, options.quick)
            if not options.resume:
                shutil.rmtree(folder, ignore_errors=True)
            shutil.rmtree(folder / WRONG, ignore_errors=True)
            rows += [score(one) for one in prepare(world, folder)]
    print_table(rows, 'Worlds that look alike, and streets that are not in the map')
    if options.world is None:
        write_results('worlds', rows, quick=options.quick, note=NOTE)


if __name__ == '__main__':
    main()
