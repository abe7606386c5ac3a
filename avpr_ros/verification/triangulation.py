# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Points in space from the features of neighbouring keyframes whose poses are known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from avpr_ros.arrays import FloatArray, IntArray
from avpr_ros.gallery.keyframes import Keyframes
from avpr_ros.gallery.landmarks import Landmarks
from avpr_ros.poses import Pose
from avpr_ros.sources.frame import Camera
from avpr_ros.verification.camera_model import Lens
from avpr_ros.verification.extrinsics_refinement import MatchedPair, turned_mounting
from avpr_ros.verification.ray_intersection import meeting_points
from avpr_ros.verification.sift import Features, squared_distances

#: Keyframes on from one that its features are looked for in.
_NEIGHBOURS = 3
#: A match must be nearer than the next one by this factor (Lowe, IJCV 2004).
_RATIO = 0.85
#: Largest distance of a point's image from the feature, in pixels.
_MOST_ERROR_PX = 2.0


@dataclass(frozen=True, eq=False)
class _View:
    """One keyframe of a camera: where its camera stood, and its features as rays."""

    first: int
    features: Features
    rays: FloatArray
    map_from_camera: Pose


def triangulate(
    landmarks: Landmarks,
    keyframes: Keyframes,
    cameras: Sequence[Camera],
    sizes_px: IntArray,
) -> Landmarks:
    """Give features their points in space where neighbours see them, too.

    Each feature takes the point of the neighbour with the widest parallax. Keyframes of cameras
    whose lens or mounting is not known keep their features without points.

    Args:
        landmarks: features of the map's N keyframes.
        keyframes: with their poses, which are trusted.
        cameras: of the map; their mountings are checked against the images.
        sizes_px: (N, 2) width and height of the keyframes' images.

    Returns:
        The landmarks with points, and with how each camera is turned against its mounting.
    """
    points, turns = landmarks.points_m.copy(), landmarks.turns.copy()
    for number, camera in enumerate(cameras):
        rows = np.flatnonzero(keyframes.cameras == number)
        if camera.intrinsics is None or camera.base_from_camera is None or not len(rows):
            continue
        try:
            lens = Lens(camera.intrinsics, *map(int, sizes_px[rows[0]]))
        except ValueError:
            continue
        found = _of_camera(landmarks, keyframes, rows, camera.base_from_camera, lens, points)
        turns[number] = found.as_quat()
    return replace(landmarks, points_m=points, turns=turns)


def _of_camera(
    landmarks: Landmarks,
    keyframes: Keyframes,
    rows: IntArray,
    base_from_camera: Pose,
    lens: Lens,
    points: NDArray[np.float32],
) -> Rotation:
    """Triangulate one camera's keyframes into ``points``; return how its mounting is turned."""
    views = {}
    for row in rows:
        features = landmarks.features(int(row))
        views[int(row)] = _View(
            int(landmarks.offsets[row]),
            features,
            lens.rays(features.points_px),
            keyframes.pose(int(row)) @ base_from_camera,
        )
    matched = [
        (views[a], views[b], *mutual_matches(views[a].features, views[b].features, _RATIO))
        for a, b in _neighbours(rows, keyframes)
    ]
    turn = turned_mounting(
        [
            MatchedPair(a.map_from_camera, b.map_from_camera, a.rays[i], b.rays[j])
            for a, b, i, j in matched
        ]
    )
    said_from_true = Pose(np.zeros(3), turn)
    parallax = np.zeros(len(points))
    for a, b, i, j in matched:
        found, angles = meeting_points(
            a.rays[i],
            b.rays[j],
            a.map_from_camera @ said_from_true,
            b.map_from_camera @ said_from_true,
            _MOST_ERROR_PX / lens.focal_px,
        )
        for where in (a.first + i, b.first + j):
            better = angles > parallax[where]
            points[where[better]] = found[better]
            parallax[where[better]] = angles[better]
    return turn


def _neighbours(rows: IntArray, keyframes: Keyframes) -> Iterator[tuple[int, int]]:
    """Yield pairs of rows that follow each other closely in one session."""
    for place, row in enumerate(rows):
        for other in rows[place + 1 : place + 1 + _NEIGHBOURS]:
            if keyframes.sessions[row] == keyframes.sessions[other]:
                yield int(row), int(other)


def mutual_matches(a: Features, b: Features, ratio: float) -> tuple[IntArray, IntArray]:
    """Return the indices of features that are each other's nearest, clearly so; (M,) each."""
    if len(a) < 2 or len(b) < 2:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    squares = squared_distances(a.descriptors, b.descriptors)
    nearest = squares.argmin(axis=1)
    two = np.partition(squares, 1, axis=1)[:, :2]
    clear = two[:, 0] < ratio**2 * two[:, 1]
    mutual = squares.argmin(axis=0)[nearest] == np.arange(len(a))
    rows = np.flatnonzero(clear & mutual)
    return rows, nearest[rows].astype(np.int64)
