# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Two-view geometry across light, season and viewpoint: RootSIFT, XFeat, and ALIKED + LightGlue.

Needs ``../shared/data/wxbs``; the last kind is left out where its package is missing
(``benchmarks/aliked.py``).
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
import csv
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import FloatArray, RgbImage
from avpr_ros.gallery.local_features.features import FeatureExtractor, Features
from avpr_ros.networks.xfeat_export import export_xfeat
from avpr_ros.verification.projective_geometry import sampson_distances
from avpr_ros.verification.sift import SiftExtractor
from avpr_ros.verification.triangulation import mutual_matches
from avpr_ros.verification.xfeat import XFeatExtractor
from benchmarks.aliked import open_aliked
from benchmarks.results import Row, print_table, require_data, write_results

Points: TypeAlias = NDArray[np.float32]
#: From the features of two images to their matched points, (k, 2) each.
Match: TypeAlias = Callable[[Any, Any], tuple[Points, Points]]

#: Pixels of the files, whose longer side is 640 or so: tolerance of an inlier, and of a mark.
_INLIER_PX, _MARK_PX = 2.0, 8.0
#: The geometry is right where at least this share of the marks agrees with it.
_AGREEING = 0.5
#: A geometry is claimed from this many inliers on: the most of the calibration pairs, times this.
_MARGIN = 1.25
#: Ratio test of RootSIFT; learned descriptors are matched without.
_RATIOS = {'rootsift': 0.85, 'xfeat': 1.0}
#: Each first image is paired with the second ones of other scenes this many pairs further on.
CALIBRATION_SHIFTS, TEST_SHIFTS = range(1, 9, 2), range(2, 10, 2)
NOTE = (
    f'One fundamental matrix (USAC MAGSAC, {_INLIER_PX:g} px) of mutual nearest neighbours, or of '
    'the matches of LightGlue. A pair is right where at least half of the points marked by hand '
    f'lie within {_MARK_PX:g} px of it. claim_from: inliers from which a geometry is claimed, '
    f'{_MARGIN:g} times the most of other-scene pairs (1, 3, 5, 7 pairs further on); '
    'false_claims: of those 2, 4, 6 and 8 further on. XFeat and RootSIFT with size and number of '
    'features as shipped.'
)


@dataclass(frozen=True)
class Method:
    """One kind of local features."""

    name: str
    extract: Callable[[RgbImage], Any]
    match: Match


@dataclass(frozen=True, eq=False)
class Pair:
    """Two images of a scene with (m, 4) marked points x1 y1 x2 y2; some scenes are there twice."""

    scene: str
    change: str
    images: tuple[RgbImage, RgbImage]
    marks: FloatArray


def read_pairs(folder: Path) -> list[Pair]:
    """Return the pairs of the set."""
    with (folder / 'pairs.csv').open(encoding='utf-8') as stream:
        rows = list(csv.DictReader(stream))
    return [
        Pair(
            _scene(row['image1']),
            row['change'],
            (_read(folder / row['image1']), _read(folder / row['image2'])),
            np.loadtxt(folder / row['corrs'], ndmin=2),
        )
        for row in rows
    ]


def methods(network: Path) -> list[Method]:
    """Return the kinds of local features that can be run."""
    export_xfeat(network)
    extractors: list[FeatureExtractor] = [SiftExtractor(), XFeatExtractor.open(network)]
    found = [
        Method(one.kind.name, one.extract, _mutual(_RATIOS[one.kind.name])) for one in extractors
    ]
    anchor = open_aliked()
    if anchor is not None:
        found.append(Method('aliked_lightglue', anchor.extract, anchor.match))
    return found


def _mutual(ratio: float) -> Match:
    def match(first: Features, second: Features) -> tuple[Points, Points]:
        i, j = mutual_matches(first, second, ratio)
        return first.points_px[i], second.points_px[j]

    return match


def geometry(first: Points, second: Points) -> tuple[int, FloatArray | None]:
    """Return inliers and (3, 3) fundamental matrix of matched points; 0 and None without one."""
    if len(first) < 8:
        return 0, None
    cv2.setRNGSeed(0)
    try:
        matrix, inliers = cv2.findFundamentalMat(
            first, second, cv2.USAC_MAGSAC, _INLIER_PX, 0.999, 2_000
        )
    except cv2.error:  # degenerate matches
        return 0, None
    if matrix is None or matrix.shape != (3, 3):
        return 0, None
    return int(inliers.sum()), np.asarray(matrix, dtype=np.float64)


def row_of(method: Method, pairs: Sequence[Pair]) -> Row:
    """Match all pairs, and first and second images of different ones."""
    features = [tuple(map(method.extract, pair.images)) for pair in pairs]

    def most(shifts: range) -> list[int]:
        return [
            geometry(*method.match(features[i][0], features[(i + shift) % len(pairs)][1]))[0]
            for shift in shifts
            for i in range(len(pairs))
            if pairs[i].scene != pairs[(i + shift) % len(pairs)].scene
        ]

    claim_from = int(np.ceil(_MARGIN * max(most(CALIBRATION_SHIFTS))))
    others = np.array(most(TEST_SHIFTS))
    right, inliers = [], []
    for pair, (first, second) in zip(pairs, features, strict=True):
        count, matrix = geometry(*method.match(first, second))
        inliers.append(count)
        right.append(matrix is not None and agreeing_share(matrix, pair.marks) >= _AGREEING)
    claimed = np.array(inliers) >= claim_from
    return {
        'features': method.name,
        'pairs': len(pairs),
        'right_share': float(np.mean(right)),
        'claimed_share': float(claimed.mean()),
        'claimed_and_right_share': float((claimed & right).mean()),
        'median_inliers': float(np.median(inliers)),
        'claim_from': claim_from,
        'other_scene_pairs': len(others),
        'false_claims': int((others >= claim_from).sum()),
    }


def agreeing_share(matrix: FloatArray, marks: FloatArray) -> float:
    """Return the share of (m, 4) marked points near the epipolar lines of each other."""
    distances = np.abs(sampson_distances(matrix, marks[:, :2], marks[:, 2:]))
    return float((distances <= _MARK_PX).mean())


def _scene(file: str) -> str:
    """Return the scene of a file name, such as ``tyn`` of ``WGALBS_tyn2_1.jpg``."""
    return file.split('_', 1)[1].rsplit('_', 1)[0].rstrip('0123456789')


def _read(path: Path) -> RgbImage:
    image: NDArray[np.uint8] = np.asarray(cv2.imread(str(path)), dtype=np.uint8)
    return np.ascontiguousarray(image[..., ::-1])


def main() -> None:
    """Compare the kinds, print the table, write the result file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--quick', action='store_true', help='every third pair')
    options = parser.parse_args()
    cv2.setNumThreads(1)
    pairs = read_pairs(require_data('wxbs'))[:: 3 if options.quick else 1]
    with TemporaryDirectory() as folder:
        rows = [row_of(method, pairs) for method in methods(Path(folder) / 'xfeat.onnx')]
    print_table(rows, 'Two views across light, season and viewpoint')
    write_results('wxbs', rows, quick=options.quick, note=NOTE)


if __name__ == '__main__':
    main()
