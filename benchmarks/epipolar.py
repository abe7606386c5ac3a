# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Would an epipolar check add anything where a map has corners and no lens?

Needs ``../shared/data``, and takes maps and query networks from ``precision.py``. Each query is
judged as a single image: by the evidence of its corners (what the matcher does), by how many
corner matches with the best keyframe one fundamental matrix explains, and by both.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import dataclass
import time

import cv2
import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import Descriptors, FloatArray
from avpr_ros.evaluation.precision import precision_recall
from avpr_ros.gallery.evidence import nearest_distances, place_evidence
from avpr_ros.gallery.evidence_threshold import CANDIDATES
from avpr_ros.gallery.features import Features, extract_features
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.gallery.landmarks import Landmarks
from avpr_ros.gallery.spacing import default_distinct_radius_m
from avpr_ros.gallery.triangulation import mutual_matches
from avpr_ros.matching.hypotheses import PoseHypotheses
from avpr_ros.matching.settings import MatchSettings
from precision_drive import Drive, read_drive
from precision_left_out import without_each
from precision_sets import MAP, SETS, PrecisionSet, prepare
from results import Row, print_table, write_results

NAMES = ('corridor', 'ietower')
#: Corner matches that one fundamental matrix must explain for a yes; seven fix one.
LEAST_INLIERS = 15
#: Distance from the epipolar line, of images some hundred pixels wide.
_INLIER_PX = 2.0
_RATIO = 0.85
NOTE = (
    'Single images, no sequence. Right: the keyframe that the corners speak for lies within the '
    'tolerance of precision.py. ietower: every query against the whole map, and again against the '
    'map without its floor, where nothing is right. recall_no_outside: share of the former that '
    'is right and scores above all of the latter. evidence: nats; epipolar: inliers of a '
    f'fundamental matrix (USAC MAGSAC, {_INLIER_PX:g} px); both: evidence where there are '
    f"{LEAST_INLIERS} inliers. accepted, right ones, and wrong_accepted by the map's threshold, "
    'and by the number of inliers. Times of a shared machine.'
)


@dataclass(frozen=True)
class Judged:
    """One query against one map.

    Attributes:
        evidence: for the best place, in nats; -inf without any corner.
        inliers: of the fundamental matrix with its first keyframe.
        apart_m: how far that keyframe is from the truth.
        mapped: whether the map holds the place.
        check_s: time of the epipolar check.
    """

    evidence: float
    inliers: int
    apart_m: float
    mapped: bool
    check_s: float


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
            return Judged(-np.inf, 0, np.inf, mapped, 0.0)
        _, found = self._gallery.index.search(descriptor[np.newaxis], CANDIDATES)
        rows = found[0][found[0] >= 0].astype(np.int64)
        angle_rad = MatchSettings.distinct_angle_rad
        same = ~self._hypotheses.all_distinct(rows, self._radius_m, angle_rad)
        evidence = place_evidence(nearest_distances(features, self.landmarks, rows), same)
        row = int(rows[same[int(evidence.argmax())]][0])
        start_s = time.perf_counter()
        inliers = epipolar_inliers(features, self.landmarks.features(row))
        check_s = time.perf_counter() - start_s
        apart_m = float(np.linalg.norm(self._gallery.keyframes.poses[row, :3] - truth_m))
        return Judged(float(evidence.max()), inliers, apart_m, mapped, check_s)


def epipolar_inliers(query: Features, keyframe: Features) -> int:
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


def rows_of(one: PrecisionSet, found: list[Judged], min_evidence: float) -> list[Row]:
    """Compare the three ways."""
    evidence = np.array([each.evidence for each in found])
    inliers = np.array([float(each.inliers) for each in found])
    mapped = np.array([each.mapped for each in found])
    right = mapped & (np.array([each.apart_m for each in found]) <= one.tolerance_m)
    passes = inliers >= LEAST_INLIERS
    ways = {
        'evidence': (evidence, evidence >= min_evidence),
        'epipolar': (inliers, passes),
        'both': (np.where(passes, evidence, -1e9), passes & (evidence >= min_evidence)),
    }
    rows: list[Row] = []
    for method, (scores, accepted) in ways.items():
        curve = precision_recall(scores, right, mapped)
        rows.append(
            {
                'set': one.name,
                'method': method,
                'queries': int(mapped.sum()),
                'outside_the_map': int((~mapped).sum()),
                'recall_at_100_precision': curve.recall_at_precision(1.0),
                'recall_no_outside': _recall_without_outside(scores, right, mapped),
                'accepted': int((accepted & right).sum()),
                'wrong_accepted': int((accepted & ~right).sum()),
                'check_ms': 1e3 * float(np.median([each.check_s for each in found])),
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
            rows += rows_of(one, found, _landmarks(gallery).min_evidence_alone)
    print_table(rows, 'An epipolar check beside the evidence of corners')
    write_results('epipolar', rows, quick=options.quick, note=NOTE)


if __name__ == '__main__':
    main()
