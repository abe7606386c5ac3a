# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Accuracy of the poses that landmarks measure, and whether their covariance is true.

``euroc_v1``: three of four frames of a drone's flight through a room are the map, the fourth is a
query. ``demo_town``: the second drive of the demo's town on the map of the first, see
``worlds.py``. ``town_night``: a third drive of it at night, on the same map and on one with learned
features beside RootSIFT. Maps have the embedded gallery network and landmarks, the query network is trained
on the map, and every query goes through what ``avpr localize`` runs.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
import os
from pathlib import Path
import shutil
import sys
import time
from typing import TypeAlias, TypeVar

import cv2
import numpy as np
from rich.console import Console
import yaml

from avpr_ros.cli.console import print_note
from avpr_ros.errors import ImageDecodeError
from avpr_ros.evaluation.runs.ground_truth_poses import open_drive
from avpr_ros.gallery.gallery_map import LANDMARKS, GalleryMap
from avpr_ros.localization.offline import localize_drive
from avpr_ros.localization.recognizer import Recognizer
from avpr_ros.localization.result import MatchResult
from avpr_ros.mapping.landmark_builder import build_landmarks
from avpr_ros.mapping.map_builder import BuildSettings, build_map
from avpr_ros.networks.registry import describer_by_name
from avpr_ros.poses import Pose
from avpr_ros.profiling import Clock, collect_stage_times
from avpr_ros.sources.frame import Camera, CameraIntrinsics, Frame, FrameSource, StampedImage
from avpr_ros.sources.images.image_folder import ImageFolderSource
from avpr_ros.sources.options import SourceOptions
from avpr_ros.training.query_training import train_query_network
from avpr_ros.training.settings import TrainSettings
from benchmarks import worlds
from benchmarks.results import ROOT, SHARED_DATA, Row, print_table, write_results
from simulation.demo.steps import Steps
from simulation.drives.bag_writer import ODOMETRY_TOPIC, TRUTH_TOPIC
from simulation.drives.scenario import FULL, third_drive
from simulation.drives.worlds import WORLDS

Answer: TypeAlias = MatchResult | ImageDecodeError
Image = TypeVar('Image', Frame, StampedImage)
WORK = ROOT / 'build' / 'metric_pose'
#: The stages of an image that are matching, from the descriptor on.
MATCHING = ('search', 'geometry', 'decision')
NOTE = (
    'All settings as shipped. wrong_accepted: poses more than wrong_m from the truth. '
    'share_metric: of all queries, those with a pose by landmarks; errors and nees are theirs, '
    'keyframe_error is that of the best candidate of every query. nees_over_6: normalised squared '
    'error over its 6 degrees of freedom; of a true covariance the mean is 1, the median 0.89. '
    'cpu, clock: of matching, from the descriptor on, with one thread of OpenCV and two, and one '
    'of BLAS, as the node has on two cores. bytes_per_keyframe: of landmarks.'
)


@dataclass(frozen=True)
class PoseSet:
    """Queries with the truth, and the map and query network they are asked of."""

    name: str
    map_folder: Path
    query: Path
    source: FrameSource
    truth: Mapping[int, Pose]
    wrong_m: float


class Part:
    """Each fourth image of a folder or all others, with the lens that the folder lacks."""

    base_frame = 'cam0'

    def __init__(self, source: FrameSource, camera: Camera, queries: bool) -> None:
        self.name, self.map_frame = source.name, source.map_frame
        self.pose_source, self.geodetic_origin = source.pose_source, source.geodetic_origin
        self.cameras = (camera,)
        self.preflight = source.preflight
        self._source, self._queries = source, queries

    def images(self) -> Iterator[StampedImage]:
        """Yield this part's images; all of them have poses."""
        yield from self._mine(self._source.images())

    def frames(self) -> Iterator[Frame]:
        """Yield this part's frames."""
        yield from self._mine(self._source.frames())

    def _mine(self, images: Iterator[Image]) -> Iterator[Image]:
        return (one for n, one in enumerate(images) if (n % 4 == 2) == self._queries)


def euroc_lens(data: Path) -> CameraIntrinsics:
    """Return the lens of ``cam0`` of ``euroc_v1``."""
    lens = yaml.safe_load((data / 'camera.yaml').read_text(encoding='utf-8'))['cam0']
    k = (lens['fx'], 0.0, lens['cx'], 0.0, lens['fy'], lens['cy'], 0.0, 0.0, 1.0)
    return CameraIntrinsics(
        lens['width'], lens['height'], lens['distortion_model'], k, tuple(lens['d'])
    )


def euroc(data: Path, folder: Path) -> PoseSet:
    """Build and train on three of four frames of ``euroc_v1``; the others are queries."""
    source = ImageFolderSource(
        data / 'cam0', SourceOptions(poses_csv=data / 'poses.csv', base_frame='cam0')
    )
    # The poses are those of the camera, so it sits at the base's origin.
    camera = Camera(source.cameras[0].name, 'cam0', Pose.identity(), euroc_lens(data))
    map_folder, query = folder / 'map', folder / 'query.onnx'
    if not map_folder.exists():
        build_map(
            Part(source, camera, queries=False),
            describer_by_name('embedded'),
            map_folder,
            BuildSettings(min_distance_m=0.01, min_rotation_rad=0.01),
            finish=lambda gallery: build_landmarks(gallery).save(gallery.path / LANDMARKS),
        )
    if not query.exists():
        train_query_network([GalleryMap.open(map_folder)], query, TrainSettings())
    queries = Part(source, camera, queries=True)
    truth = {frame.stamp_ns: frame.map_from_base for frame in queries.frames()}
    return PoseSet('euroc_v1', map_folder, query, queries, truth, wrong_m=0.5)


def town() -> list[PoseSet]:
    """Return the town's drives by day and night; what ``worlds.py`` left is not made again."""
    world = next(world for world in WORLDS if world.name == 'town')
    queries = {
        'demo_town': world.queries['demo_town'],
        'town_night': (third_drive(FULL, 'night'),),
    }
    folder = worlds.WORK / world.name
    day, night = worlds.prepare(replace(world, queries=queries), folder)
    learned = folder / 'map_learned'
    if not learned.exists():
        build = ['avpr', 'build', world.mapping[0].name, '--pose-topic', ODOMETRY_TOPIC]
        build += ['--min-distance-m', str(world.keyframe_m), '--output', learned.name]
        Steps(folder, Console()).run([*build, '--learned-features'])
    sets = (day, night, replace(night, name='town_night_learned', map_folder=learned))
    return [_pose_set(one) for one in sets]


def _pose_set(one: worlds.PreparedSet) -> PoseSet:
    map_frame = GalleryMap.open(one.map_folder).manifest.map_frame
    drive = open_drive(one.bags[0], SourceOptions(pose_topic=TRUTH_TOPIC), map_frame)
    return PoseSet(one.name, one.map_folder, one.query, drive.source, drive.truth, wrong_m=2.0)


def timed(answers: Iterator[Answer], clock: Clock) -> Iterator[tuple[Answer, Mapping[str, float]]]:
    """Yield each answer with the seconds of its stages."""
    while True:
        with collect_stage_times(clock) as stages_s:
            try:
                answer = next(answers)
            except StopIteration:
                return
        yield answer, stages_s


def run(one: PoseSet) -> Row:
    """Localise a set's queries and compare with the truth."""
    gallery = GalleryMap.open(one.map_folder)
    if gallery.landmarks() is None:
        raise SystemExit(f'{one.map_folder} has no landmarks; remove it, so that it is built anew')
    results, cpu_ms = _localised(one, gallery, time.thread_time, 1)
    _, clock_ms = _localised(one, gallery, time.perf_counter, 2)
    return {
        'set': one.name,
        'keyframes': len(gallery),
        **score(one, results),
        'cpu_p50_ms': float(np.median(cpu_ms)),
        'clock_p50_ms': float(np.median(clock_ms)),
        'clock_p95_ms': float(np.percentile(clock_ms, 95)),
        'bytes_per_keyframe': (gallery.path / LANDMARKS).stat().st_size // len(gallery),
    }


def _localised(
    one: PoseSet, gallery: GalleryMap, clock: Clock, threads: int
) -> tuple[list[MatchResult], list[float]]:
    cv2.setNumThreads(threads)
    recognizer = Recognizer.of_map(gallery, one.query)
    results: list[MatchResult] = []
    spent_ms: list[float] = []
    for result, stages_s in timed(localize_drive(one.source, recognizer), clock):
        if isinstance(result, ImageDecodeError):
            raise result
        spent_ms.append(1e3 * sum(stages_s.get(name, 0.0) for name in MATCHING))
        if result.stamp_ns in one.truth:
            results.append(result)
    return results, spent_ms


def score(one: PoseSet, results: list[MatchResult]) -> Row:
    """Compare poses with the truth."""
    errors, keyframe_m, nees, wrong = [], [], [], 0
    for result in results:
        truth = one.truth[result.stamp_ns]
        if result.candidates:
            keyframe_m.append(result.candidates[0].map_from_base.distance_m(truth))
        if result.estimate is None:
            continue
        pose = result.estimate.map_from_base
        off_m = pose.distance_m(truth)
        if off_m > one.wrong_m:
            wrong += 1
            print_note(f'{one.name} {result.stamp_ns}: wrong by {off_m:.2f} m; {result.text}')
        if result.estimate.metric:
            turn = (truth.rotation * pose.rotation.inv()).as_rotvec()
            error = np.concatenate([truth.translation_m - pose.translation_m, turn])
            errors.append((np.linalg.norm(error[:3]), np.degrees(np.linalg.norm(turn))))
            nees.append(error @ np.linalg.solve(result.estimate.covariance, error) / 6)
    metres, degrees = np.array(errors, dtype=np.float64).reshape(-1, 2).T
    reasons = [result.reason.value for result in results if not result.accepted]
    return {
        'queries': len(results),
        'accepted': len(results) - len(reasons),
        'share_accepted': 1 - len(reasons) / len(results),
        'wrong_accepted': wrong,
        'wrong_m': one.wrong_m,
        'share_metric': len(errors) / len(results),
        'median_error_m': float(np.median(metres)) if errors else None,
        'median_error_deg': float(np.median(degrees)) if errors else None,
        'max_error_deg': float(degrees.max()) if errors else None,
        'p90_error_m': float(np.percentile(metres, 90)) if errors else None,
        'max_error_m': float(metres.max()) if errors else None,
        'median_keyframe_error_m': float(np.median(keyframe_m)) if keyframe_m else None,
        'nees_over_6_mean': float(np.mean(nees)) if nees else None,
        'nees_over_6_median': float(np.median(nees)) if nees else None,
        'nees_over_6_max': float(np.max(nees)) if nees else None,
        **{f'rejected_{reason}': reasons.count(reason) for reason in sorted(set(reasons))},
    }


def main() -> None:
    """Run, print the table, write the result file."""
    if os.environ.get('OMP_NUM_THREADS') != '1':  # as the node has it; read with numpy
        os.environ['OMP_NUM_THREADS'] = '1'
        os.execv(sys.executable, [sys.executable, *sys.argv])
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--quick', action='store_true', help='euroc_v1 only')
    parser.add_argument('--resume', action='store_true', help='keep map and network of euroc_v1')
    options = parser.parse_args()
    if not options.resume:
        shutil.rmtree(WORK, ignore_errors=True)
    data = SHARED_DATA / 'euroc_v1'
    sets = [euroc(data, WORK / 'euroc_v1')] if data.is_dir() else []
    if not sets:
        print_note(f'euroc_v1 is left out: the data set {data} is not there')
    if not options.quick:
        sets += town()
    rows = [run(one) for one in sets]
    print_table(rows, 'Metric poses')
    write_results('metric_pose', rows, quick=options.quick, note=NOTE)


if __name__ == '__main__':
    main()
