# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Places where a map is expected to fail: each keyframe matched against the map without itself.

The decision is the matcher's, by the thresholds of this map, for single images. Queries are of the
mapping drive itself: other light and weather give worse figures, a sequence of images better ones.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from avpr_ros.arrays import FloatArray, IntArray
from avpr_ros.evaluation.map_quality.self_similarity import SelfSimilarity
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.gallery.local_features.landmarks import Landmarks
from avpr_ros.localization.settings import MatchSettings
from avpr_ros.mapping.leave_one_out import LeaveOneOutMatcher
from avpr_ros.mapping.pose_consistency import located_rows, self_located

#: Verdicts on a keyframe, from good to bad; ``alone`` has no other keyframe of its place.
VERDICTS = ('recognised', 'unsure', 'confused', 'alone')
RECOGNISED, UNSURE, CONFUSED, ALONE = range(4)
#: Keyframes whose local features are compared, at most: some milliseconds each.
_MAX_VERIFIED = 200


@dataclass(frozen=True, eq=False)
class WeakPlaces:
    """Leave-one-out verdicts on the keyframes of a map.

    Attributes:
        rows: (K,) keyframes that were matched; all, or an even sample.
        verdicts: (K,) indices of ``VERDICTS``.
        judged_by: criterion of the verdicts, in words.
        keyframe_error_m: (L,) distance of those that have neighbours to the most similar other
            keyframe: the error of a pose taken from a keyframe.
        metric_error_m: (M,) distance of poses by the neighbours' landmarks to the keyframes'.
        placed_of: how many keyframes were tried for these M; 0 without landmarks.
    """

    rows: IntArray
    verdicts: IntArray
    judged_by: str
    keyframe_error_m: FloatArray
    metric_error_m: FloatArray
    placed_of: int

    def count(self, verdict: int) -> int:
        """Return how many keyframes have a verdict."""
        return int((self.verdicts == verdict).sum())


def weak_places(
    gallery: GalleryMap, alike: SelfSimilarity, landmarks: Landmarks | None
) -> WeakPlaces:
    """Match every keyframe against the rest of the map.

    Args:
        gallery: the map.
        alike: its keyframes compared with one another.
        landmarks: of the map; None decides by similarity.
    """
    found = np.where(alike.same >= alike.other, alike.neighbour, alike.look_alike)
    found = np.where(np.isnan(alike.other), alike.neighbour, found)
    known = found >= 0
    positions_m = gallery.keyframes.poses[:, :3]
    apart_m = np.linalg.norm(positions_m[alike.rows] - positions_m[found], axis=1)[known]
    if landmarks is None:
        by = f'similarity, {MatchSettings.min_ratio:g} times that of every other place'
        return WeakPlaces(alike.rows, _by_similarity(alike), by, apart_m, np.zeros(0), 0)
    some = np.unique(np.linspace(0, len(alike.rows) - 1, _MAX_VERIFIED).round().astype(np.int64))
    metric_m, placed_of = _metric_errors(gallery, landmarks)
    return WeakPlaces(
        alike.rows[some],
        _by_local_features(gallery, landmarks, alike, some),
        f'local features, log-likelihood ratio {landmarks.min_single_image_llr:.0f} and more',
        apart_m,
        metric_m,
        placed_of,
    )


def _by_similarity(alike: SelfSimilarity) -> IntArray:
    """Decide as the ambiguity check does."""
    same, other = np.nan_to_num(alike.same, nan=-1.0), np.nan_to_num(alike.other, nan=-1.0)
    verdicts = np.full(len(same), UNSURE)
    verdicts[(same > 0) & (same >= MatchSettings.min_ratio * other)] = RECOGNISED
    verdicts[(other > 0) & (other >= MatchSettings.min_ratio * same)] = CONFUSED
    verdicts[alike.neighbour < 0] = ALONE
    return verdicts


def _by_local_features(
    gallery: GalleryMap, landmarks: Landmarks, alike: SelfSimilarity, some: IntArray
) -> IntArray:
    """Decide as the likelihood check does, for single images."""
    criterion = alike.criterion
    matcher = LeaveOneOutMatcher(
        landmarks, gallery.read_descriptors(), gallery.keyframes, criterion
    )
    poses, others = matcher.poses, np.ones(len(matcher), dtype=np.bool_)
    verdicts = np.full(len(some), UNSURE)
    for number, row in enumerate(alike.rows[some].tolist()):
        others[row] = False
        result = matcher.match(row, others)
        others[row] = True
        if result is not None and landmarks.floor.passes_alone(result.llr):
            matched = poses[result.rows[result.best : result.best + 1]]
            wrong = bool(criterion.distinct(poses[row], matched)[0])
            verdicts[number] = CONFUSED if wrong else RECOGNISED
    verdicts[alike.neighbour[some] < 0] = ALONE
    return verdicts


def _metric_errors(gallery: GalleryMap, landmarks: Landmarks) -> tuple[FloatArray, int]:
    """Return the (M,) errors of poses from landmarks in metres, and how many were tried."""
    keyframes, cameras = gallery.keyframes, gallery.manifest.cameras
    sizes_px = np.zeros((len(gallery), 2), np.int64)
    known = [c.intrinsics is not None and c.base_from_camera is not None for c in cameras]
    rows = [int(row) for row in located_rows(len(gallery)) if known[keyframes.cameras[row]]]
    for row in rows:
        image = gallery.thumbnail(row)
        if image is None:  # a copy for a robot
            return np.zeros(0), 0
        sizes_px[row] = image.shape[1::-1]
    located = self_located(landmarks, keyframes, cameras, sizes_px)
    errors_m = [pose.distance_m(keyframes.pose(row)) for row, pose, _ in located]
    return np.array(errors_m, dtype=np.float64), len(rows)
