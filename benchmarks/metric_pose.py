# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Accuracy of the poses that landmarks measure, and whether their covariance is true.

``euroc_v1``: three of four frames of a drone's flight through a room are the map, the fourth is a
query. ``demo_town``: the second drive of the demo's town on the map of the first, see
``worlds.py``. ``town_night``: a third drive at night on the same map. Maps are as ``avpr build``
makes them, the query network is trained on the map, and every query goes through what
``avpr localize`` runs.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
import os
import shutil
import sys
import time
from typing import TypeAlias

import cv2
import numpy as np

from avpr_ros.cli.console import print_note
from avpr_ros.errors import ImageDecodeError
from avpr_ros.gallery.gallery_map import LANDMARKS, GalleryMap
from avpr_ros.localization.offline import localize_drive
from avpr_ros.localization.recognizer import Recognizer
from avpr_ros.localization.result import MatchResult
from avpr_ros.profiling import Clock, collect_stage_times
from benchmarks.metric_pose_sets import PoseSet, euroc, town
from benchmarks.results import ROOT, SHARED_DATA, Row, print_table, write_results

Answer: TypeAlias = MatchResult | ImageDecodeError
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
