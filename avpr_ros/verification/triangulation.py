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
from avpr_ros.gallery.local_features import Features
from avpr_ros.poses import Pose
from avpr_ros.sources.frame import Camera
from avpr_ros.verification.camera_model import CameraModel
from avpr_ros.verification.extrinsics_refinement import MatchedPair, refine_extrinsic_rotation
from avpr_ros.verification.sift import squared_distances

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
            lens = CameraModel(camera.intrinsics, *map(int, sizes_px[rows[0]]))
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
    lens: CameraModel,
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
    turn = refine_extrinsic_rotation(
        [
            MatchedPair(a.map_from_camera, b.map_from_camera, a.rays[i], b.rays[j])
            for a, b, i, j in matched
        ]
    )
    said_from_true = Pose(np.zeros(3), turn)
    parallax = np.zeros(len(points))
    for a, b, i, j in matched:
        found, angles = triangulate_midpoint(
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


#: Rays that meet at a smaller angle say too little about the distance.
_MIN_PARALLAX_RAD = np.radians(1.0)


def triangulate_midpoint(
    rays_a: FloatArray,
    rays_b: FloatArray,
    map_from_a: Pose,
    map_from_b: Pose,
    most_error: float,
) -> tuple[FloatArray, FloatArray]:
    """Return the points midway between pairs of rays where these come nearest.

    Args:
        rays_a: (M, 2) x/z and y/z in camera a.
        rays_b: (M, 2) the same in camera b.
        map_from_a: pose of camera a's optical frame.
        map_from_b: pose of camera b's optical frame.
        most_error: largest distance of a point's image from its ray, in units of the focal length.

    Returns:
        (M, 3) points in the map, and (M,) angles between the rays in radians; 0 where the rays
        do not meet in front of both cameras within the error.
    """
    a, b = _directions(rays_a, map_from_a), _directions(rays_b, map_from_b)
    base = map_from_b.translation_m - map_from_a.translation_m
    cosines = np.einsum('ij,ij->i', a, b)
    sines2 = np.maximum(1 - cosines**2, 1e-12)
    along_a, along_b = a @ base, b @ base
    depth_a = (along_a - cosines * along_b) / sines2
    depth_b = (cosines * along_a - along_b) / sines2
    points = (
        map_from_a.translation_m
        + map_from_b.translation_m
        + depth_a[:, np.newaxis] * a
        + depth_b[:, np.newaxis] * b
    ) / 2
    angles = np.arccos(np.clip(cosines, -1, 1))
    good = (depth_a > 0) & (depth_b > 0) & (angles >= _MIN_PARALLAX_RAD)
    for rays, pose in ((rays_a, map_from_a), (rays_b, map_from_b)):
        seen = pose.rotation.inv().apply(points - pose.translation_m)
        depth = np.where(seen[:, 2] > 1e-6, seen[:, 2], np.inf)
        error = np.linalg.norm(seen[:, :2] / depth[:, np.newaxis] - rays, axis=1)
        good &= error <= most_error
    return points, np.where(good, angles, 0.0)


def _directions(rays: FloatArray, map_from_camera: Pose) -> FloatArray:
    directions = np.column_stack([rays, np.ones(len(rays))])
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    return np.asarray(map_from_camera.rotation.apply(directions))
