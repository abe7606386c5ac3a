# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Where a map will be weak, by its own evidence: each keyframe looked for without itself.

A keyframe plays the robot's image. What the map would make of it without that keyframe, by the
thresholds that the matcher has for this map, is what can be said before a second drive. It is the
same drive's light, and one image without those around it: other weather makes it worse, driving on
makes it better.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from avpr_ros.arrays import FloatArray, IntArray
from avpr_ros.evaluation.map_quality.self_similarity import SelfSimilarity
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.gallery.landmarks import Landmarks
from avpr_ros.localization.pose_hypotheses import PoseHypotheses
from avpr_ros.localization.settings import MatchSettings
from avpr_ros.verification.accumulator import CANDIDATES
from avpr_ros.verification.place_likelihood import place_log_likelihood_ratios
from avpr_ros.verification.self_localization import located_rows, self_located

#: What becomes of a keyframe, from good to bad; ``alone`` has no other keyframe of its place.
VERDICTS = ('recognised', 'unsure', 'confused', 'alone')
RECOGNISED, UNSURE, CONFUSED, ALONE = range(4)
#: Keyframes whose corners are compared, at most: some milliseconds each.
_LOOKED_AT = 200


@dataclass(frozen=True, eq=False)
class WeakPlaces:
    """What a map makes of its own keyframes.

    Attributes:
        rows: (K,) keyframes that were looked for; all, or an even sample.
        verdicts: (K,) indices of ``VERDICTS``.
        judged_by: what the verdicts are by, in words.
        keyframe_error_m: (L,) distance of those that have neighbours to the most similar other
            keyframe: the error of a pose that is a keyframe's.
        metric_error_m: (M,) distance of poses by the neighbours' landmarks to the keyframes'.
        placed_of: how many keyframes were tried to give these M; 0 without landmarks.
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
    """Look for every keyframe in the rest of the map.

    Args:
        gallery: the map.
        alike: its keyframes compared with one another.
        landmarks: of the map; None judges by similarity.
    """
    found = np.where(alike.same >= alike.other, alike.neighbour, alike.look_alike)
    found = np.where(np.isnan(alike.other), alike.neighbour, found)
    known = found >= 0
    positions_m = gallery.keyframes.poses[:, :3]
    apart_m = np.linalg.norm(positions_m[alike.rows] - positions_m[found], axis=1)[known]
    if landmarks is None:
        by = f'similarity, {MatchSettings.min_ratio:g} times that of every other place'
        return WeakPlaces(alike.rows, _by_similarity(alike), by, apart_m, np.zeros(0), 0)
    some = np.unique(np.linspace(0, len(alike.rows) - 1, _LOOKED_AT).round().astype(np.int64))
    metric_m, placed_of = _metric_errors(gallery, landmarks)
    return WeakPlaces(
        alike.rows[some],
        _by_corners(gallery, landmarks, alike, some),
        f'corners, evidence {landmarks.min_single_image_llr:.0f} and more',
        apart_m,
        metric_m,
        placed_of,
    )


def _by_similarity(alike: SelfSimilarity) -> IntArray:
    """Judge as the ambiguity guard does."""
    same, other = np.nan_to_num(alike.same, nan=-1.0), np.nan_to_num(alike.other, nan=-1.0)
    verdicts = np.full(len(same), UNSURE)
    verdicts[(same > 0) & (same >= MatchSettings.min_ratio * other)] = RECOGNISED
    verdicts[(other > 0) & (other >= MatchSettings.min_ratio * same)] = CONFUSED
    verdicts[alike.neighbour < 0] = ALONE
    return verdicts


def _by_corners(
    gallery: GalleryMap, landmarks: Landmarks, alike: SelfSimilarity, some: IntArray
) -> IntArray:
    """Judge as the evidence guard does, of one image alone."""
    hypotheses, angle_rad = PoseHypotheses(gallery, camera=''), MatchSettings.distinct_angle_rad
    stored = gallery.descriptors.astype(np.float32)
    verdicts = np.full(len(some), UNSURE)
    for number, row in enumerate(alike.rows[some].tolist()):
        scores = stored @ stored[row]
        scores[row] = -np.inf
        rows = np.argsort(-scores, kind='stable')[: min(CANDIDATES, len(scores) - 1)]
        if len(rows) < 2 or not len(landmarks.features(row)):
            continue
        same = ~hypotheses.all_distinct(rows, alike.radius_m, angle_rad)
        evidence = place_log_likelihood_ratios(
            landmarks.features(row), landmarks, rows, same
        ).llr_place
        best = int(evidence.argmax())
        if evidence[best] >= landmarks.min_single_image_llr:
            other = hypotheses.distinct(row, rows[best : best + 1], alike.radius_m, angle_rad)
            verdicts[number] = CONFUSED if other.any() else RECOGNISED
    verdicts[alike.neighbour[some] < 0] = ALONE
    return verdicts


def _metric_errors(gallery: GalleryMap, landmarks: Landmarks) -> tuple[FloatArray, int]:
    """Return how far off poses by landmarks are, (M,) in metres, and of how many."""
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
