# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What do corners say by what they look like, by where they lie, and by both?

Needs ``../shared/data``, and takes maps and query networks from ``precision.py``. Each query is
judged as a single image by the evidence of its corners: of all, wherever they lie; of those on
whose place in the picture a keyframe agrees (one fundamental matrix); of both together, as the
matcher does; and by how many corner matches one fundamental matrix explains, whatever they say.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import Descriptors, FloatArray
from avpr_ros.evaluation.metrics.precision_recall import precision_recall
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.gallery.local_features.features import Features
from avpr_ros.gallery.local_features.landmarks import Landmarks
from avpr_ros.gallery.places import PlaceCriterion, default_distinct_radius_m
from avpr_ros.localization.pose_hypotheses import PoseHypotheses
from avpr_ros.localization.settings import MatchSettings
from avpr_ros.verification.accumulator import CANDIDATES
from avpr_ros.verification.place_likelihood import PlaceLikelihoods, place_log_likelihood_ratios
from avpr_ros.verification.sift import extract_features
from avpr_ros.verification.triangulation import mutual_matches
from benchmarks.precision_drive import Drive, read_drive
from benchmarks.precision_left_out import without_each
from benchmarks.precision_sets import MAP, SETS, PrecisionSet, prepare
from benchmarks.results import Row, print_table, write_results

NAMES = ('corridor', 'ietower')
WAYS = ('anywhere', 'agreeing', 'both', 'inliers')
#: Distance from the epipolar line, of images some hundred pixels wide.
_INLIER_PX = 2.0
_RATIO = 0.85
NOTE = (
    'Single images, no sequence. Right: the keyframe that a way names lies within the tolerance '
    'of precision.py. ietower: every query against the whole map, and again against the map '
    'without its floor, where nothing is right. recall_no_outside: share of the former that is '
    'right and scores above all of the latter. anywhere: evidence in nats of corners wherever '
    'they lie; agreeing: of those that agree on a fundamental matrix with one keyframe; both: as '
    'the matcher weighs them; inliers: bare number of matches that one matrix explains (USAC '
    f'MAGSAC, {_INLIER_PX:g} px), for the keyframe that both name.'
)


@dataclass(frozen=True)
class Judged:
    """One query against one map.

    Attributes:
        scores: by each way.
        apart_m: how far the keyframe that each way names is from the truth.
        mapped: whether the map holds the place.
    """

    scores: tuple[float, ...]
    apart_m: tuple[float, ...]
    mapped: bool


class Judge:
    """Asks one map."""

    def __init__(self, gallery: GalleryMap) -> None:
        self.landmarks = _landmarks(gallery)
        self._gallery = gallery
        self._hypotheses = PoseHypotheses(gallery, 'camera')
        self._radius_m = default_distinct_radius_m(gallery)

    def judge(
        self, features: Features, descriptor: Descriptors, truth_m: FloatArray, mapped: bool
    ) -> Judged:
        """Judge the features and the (d,) descriptor of one query at (3,) metres."""
        if not len(features):
            return Judged((-np.inf,) * len(WAYS), (np.inf,) * len(WAYS), mapped)
        _, found = self._gallery.index.search(descriptor[np.newaxis], CANDIDATES)
        rows = found[0][found[0] >= 0].astype(np.int64)
        criterion = PlaceCriterion(self._radius_m, MatchSettings.distinct_angle_rad)
        same = ~self._hypotheses.all_distinct(rows, criterion)
        evidence = place_log_likelihood_ratios([features], self.landmarks.layers[:1], rows, same)
        agreeing = evidence.llr_inliers
        anywhere = evidence.llr_all_matches
        named = [self._named(evidence, same, score) for score in (anywhere, evidence.llr_place)]
        numbers = [named[0], int(agreeing.argmax()), named[1], named[1]]
        inliers = magsac_inliers(features, self.landmarks.layers[0].features(int(rows[named[1]])))
        scores = (anywhere.max(), agreeing.max(), evidence.llr_place.max(), float(inliers))
        off_m = self._gallery.keyframes.poses[rows[numbers], :3] - truth_m
        apart_m = np.linalg.norm(off_m, axis=1)
        return Judged(tuple(map(float, scores)), tuple(map(float, apart_m)), mapped)

    @staticmethod
    def _named(evidence: PlaceLikelihoods, same: NDArray[np.bool_], scores: FloatArray) -> int:
        return evidence.best_keyframe(np.flatnonzero(same[int(scores.argmax())]))


def magsac_inliers(query: Features, keyframe: Features) -> int:
    """Return how many corner matches one fundamental matrix explains; 0 with fewer than eight."""
    i, j = mutual_matches(query, keyframe, _RATIO)
    if len(i) < 8:
        return 0
    cv2.setRNGSeed(0)
    try:
        _, mask = cv2.findFundamentalMat(
            query.points_px[i],
            keyframe.points_px[j],
            cv2.USAC_MAGSAC,
            _INLIER_PX,
            0.999,
            1000,
        )
    except cv2.error:  # degenerate matches
        return 0
    return 0 if mask is None else int(mask.sum())


def _landmarks(gallery: GalleryMap) -> Landmarks:
    landmarks = gallery.landmarks()
    if landmarks is None:
        raise SystemExit(f'{gallery.path} has no landmarks; remove it, so that it is built anew')
    return landmarks


def judged(one: PrecisionSet, drive: Drive, gallery: GalleryMap, step: int) -> list[Judged]:
    """Judge every ``step``-th query of a set."""
    chosen = range(0, len(drive.images), step)
    features = {i: extract_features(drive.images[i].decode()) for i in chosen}
    truth_m = np.stack([pose.translation_m for pose in drive.truth])

    def ask(judge: Judge, numbers: Iterable[int], mapped: bool) -> list[Judged]:
        return [
            judge.judge(features[i], drive.descriptors[i], truth_m[i], mapped)
            for i in numbers
            if i in features
        ]

    found = ask(Judge(gallery), chosen, True)
    if one.name == 'ietower':
        for _, part, numbers in without_each(gallery, truth_m):
            found += ask(Judge(part), numbers.tolist(), False)
    return found


def rows_of(one: PrecisionSet, found: list[Judged]) -> list[Row]:
    """Compare the ways."""
    mapped = np.array([each.mapped for each in found])
    rows: list[Row] = []
    for number, method in enumerate(WAYS):
        scores = np.array([each.scores[number] for each in found])
        apart_m = np.array([each.apart_m[number] for each in found])
        right = mapped & (apart_m <= one.tolerance_m)
        curve = precision_recall(scores, right, mapped)
        rows.append(
            {
                'set': one.name,
                'method': method,
                'queries': int(mapped.sum()),
                'outside_the_map': int((~mapped).sum()),
                'recall_at_1': float(right[mapped].mean()),
                'recall_at_100_precision': curve.recall_at_precision(1.0),
                'recall_at_95_precision': curve.recall_at_precision(0.95),
                'recall_no_outside': _recall_without_outside(scores, right, mapped),
            }
        )
    return rows


def _recall_without_outside(
    scores: FloatArray, right: NDArray[np.bool_], mapped: NDArray[np.bool_]
) -> float | None:
    """Return the share of mapped queries that are right and above all from outside the map."""
    if mapped.all():
        return None
    above = right & (scores > scores[~mapped].max())
    return float(above.sum() / mapped.sum())


def main() -> None:
    """Judge every set, print the table, write the result file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--quick', action='store_true', help='every fourth query')
    options = parser.parse_args()
    cv2.setNumThreads(1)
    rows: list[Row] = []
    for one in SETS:
        folder = prepare(one) if one.name in NAMES else None
        if folder is not None:
            gallery = GalleryMap.open(folder / MAP)
            found = judged(one, read_drive(folder), gallery, 4 if options.quick else 1)
            rows += rows_of(one, found)
    print_table(rows, 'What corners say, and where they lie')
    write_results('epipolar', rows, quick=options.quick, note=NOTE)


if __name__ == '__main__':
    main()
