# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Triangulation of the features of neighbouring keyframes with known poses."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from avpr_ros.arrays import AnyArray, FloatArray, IntArray
from avpr_ros.gallery.keyframes import Keyframes
from avpr_ros.gallery.local_features.feature_layer import FeatureLayer
from avpr_ros.gallery.local_features.features import FeatureKind, Features
from avpr_ros.gallery.local_features.landmarks import Landmarks
from avpr_ros.poses import Pose
from avpr_ros.sources.frame import Camera
from avpr_ros.verification.cameras.camera_model import CameraModel
from avpr_ros.verification.cameras.extrinsics import MatchedPair, refine_extrinsic_rotation
from avpr_ros.verification.nearest_neighbours import mutual_pairs, squared_distances

#: Returns the matches of two rows by features of a kind: the indices of the features, (M,) each.
MatchFeatures: TypeAlias = Callable[[FeatureKind, int, int], tuple[IntArray, IntArray]]

#: Following keyframes that the features of one are matched with.
NEIGHBOURS = 3
#: Largest ratio of the distances of nearest and second nearest neighbour (Lowe, IJCV 2004).
_RATIO = 0.85
#: Largest reprojection error of a point, in pixels.
_MAX_ERROR_PX = 2.0


@dataclass(frozen=True, eq=False)
class _View:
    """One keyframe of a camera: its camera pose, and its features as rays."""

    first: int
    features: Features
    rays: FloatArray
    map_from_camera: Pose


def triangulate(
    landmarks: Landmarks,
    keyframes: Keyframes,
    cameras: Sequence[Camera],
    sizes_px: IntArray,
    match: MatchFeatures | None = None,
) -> Landmarks:
    """Triangulate the features that neighbouring keyframes share.

    Each feature takes the point of the neighbour with the largest parallax. Features of cameras
    without intrinsics or extrinsics keep no points.

    Args:
        landmarks: features of the map's N keyframes.
        keyframes: with their poses, which are taken as exact.
        cameras: of the map; the rotations of their extrinsics are refined.
        sizes_px: (N, 2) width and height of the keyframes' images.
        match: returns the matches of two rows, where they are known; None: they are computed.

    Returns:
        The landmarks with points and with the refined rotation of each camera.
    """
    points = [np.array(layer.points_m) for layer in landmarks.layers]
    nominal_from_refined = landmarks.nominal_from_refined.copy()
    for number, camera in enumerate(cameras):
        rows = np.flatnonzero(keyframes.cameras == number)
        if camera.intrinsics is None or camera.base_from_camera is None or not len(rows):
            continue
        try:
            camera_model = CameraModel(camera.intrinsics, *map(int, sizes_px[rows[0]]))
        except ValueError:
            continue
        rotation = _triangulate_camera(
            landmarks, keyframes, rows, camera.base_from_camera, camera_model, points, match
        )
        nominal_from_refined[number] = rotation.as_quat()
    layers = zip(landmarks.layers, points, strict=True)
    return replace(
        landmarks,
        layers=tuple(replace(layer, points_m=found) for layer, found in layers),
        nominal_from_refined=nominal_from_refined,
    )


def _triangulate_camera(
    landmarks: Landmarks,
    keyframes: Keyframes,
    rows: IntArray,
    base_from_camera: Pose,
    camera_model: CameraModel,
    points: Sequence[NDArray[np.float32]],
    match: MatchFeatures | None,
) -> Rotation:
    """Triangulate one camera's keyframes into ``points``; return ``nominal_from_refined``."""
    map_from_camera = {
        int(row): keyframes.pose(int(row)) @ base_from_camera for row in rows.tolist()
    }
    neighbours = list(neighbouring_rows(rows, keyframes.sessions))
    matched = [
        list(_matched_views(layer, neighbours, map_from_camera, camera_model, match))
        for layer in landmarks.layers
    ]
    # All kinds of features together: the rotation is the same for each of them.
    rotation = refine_extrinsic_rotation(
        [
            MatchedPair(a.map_from_camera, b.map_from_camera, a.rays[i], b.rays[j])
            for of_layer in matched
            for a, b, i, j in of_layer
        ]
    )
    nominal_from_refined = Pose(np.zeros(3), rotation)
    for of_layer, layer_points in zip(matched, points, strict=True):
        _fill_points(
            layer_points, of_layer, nominal_from_refined, _MAX_ERROR_PX / camera_model.focal_px
        )
    return rotation


_Match: TypeAlias = tuple['_View', '_View', IntArray, IntArray]


def _matched_views(
    layer: FeatureLayer,
    neighbours: Sequence[tuple[int, int]],
    map_from_camera: Mapping[int, Pose],
    camera_model: CameraModel,
    match: MatchFeatures | None,
) -> Iterator[_Match]:
    """Yield pairs of views with the indices of the features that they share."""
    views = {}
    for row, pose in map_from_camera.items():
        features = layer.features(row)
        rays = camera_model.rays(features.points_px)
        views[row] = _View(int(layer.offsets[row]), features, rays, pose)
    for a, b in neighbours:
        found = (
            neighbour_matches(views[a].features, views[b].features)
            if match is None
            else match(layer.kind, a, b)
        )
        yield views[a], views[b], *found


def _fill_points(
    points: NDArray[np.float32],
    matched: Sequence[_Match],
    nominal_from_refined: Pose,
    max_error: float,
) -> None:
    """Give each feature the point of the neighbour with the largest parallax."""
    parallax = np.zeros(len(points))
    for a, b, i, j in matched:
        found, angles = triangulate_midpoint(
            a.rays[i],
            b.rays[j],
            a.map_from_camera @ nominal_from_refined,
            b.map_from_camera @ nominal_from_refined,
            max_error,
        )
        for where in (a.first + i, b.first + j):
            better = angles > parallax[where]
            points[where[better]] = found[better]
            parallax[where[better]] = angles[better]


def neighbouring_rows(rows: IntArray, sessions: AnyArray) -> Iterator[tuple[int, int]]:
    """Yield pairs of ascending rows of one camera that are close in one of the (N,) sessions."""
    for place, row in enumerate(rows):
        for other in rows[place + 1 : place + 1 + NEIGHBOURS]:
            if sessions[row] == sessions[other]:
                yield int(row), int(other)


def neighbour_matches(a: Features, b: Features) -> tuple[IntArray, IntArray]:
    """Return the indices of the features that two neighbouring keyframes share; (M,) each."""
    return mutual_matches(a, b, _RATIO)


def mutual_matches(a: Features, b: Features, ratio: float) -> tuple[IntArray, IntArray]:
    """Return the indices of mutual nearest neighbours that pass the ratio test; (M,) each."""
    if len(a) < 2 or len(b) < 2:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    squares = squared_distances(a.descriptors, b.descriptors)
    two = np.partition(squares, 1, axis=1)[:, :2]
    distinctive = two[:, 0] < ratio**2 * two[:, 1]
    rows, columns = mutual_pairs(-squares)
    kept = distinctive[rows]
    return rows[kept], columns[kept]


#: With a smaller angle between the rays the depth is too uncertain.
_MIN_PARALLAX_RAD = np.radians(1.0)


def triangulate_midpoint(
    rays_a: FloatArray,
    rays_b: FloatArray,
    map_from_a: Pose,
    map_from_b: Pose,
    max_error: float,
) -> tuple[FloatArray, FloatArray]:
    """Triangulate pairs of rays by the midpoint of their shortest connection.

    Args:
        rays_a: (M, 2) x/z and y/z in camera a.
        rays_b: (M, 2) the same in camera b.
        map_from_a: pose of camera a's optical frame.
        map_from_b: pose of camera b's optical frame.
        max_error: largest reprojection error, in units of the focal length.

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
        good &= error <= max_error
    return points, np.where(good, angles, 0.0)


def _directions(rays: FloatArray, map_from_camera: Pose) -> FloatArray:
    directions = np.column_stack([rays, np.ones(len(rays))])
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    return np.asarray(map_from_camera.rotation.apply(directions))
