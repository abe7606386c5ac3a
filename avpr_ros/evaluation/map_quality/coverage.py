# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Coverage of a map: distance driven, gaps between keyframes, viewing directions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

from avpr_ros.arrays import FloatArray, IntArray
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.gallery.keyframes import Keyframes
from avpr_ros.gallery.places import ANY_ANGLE_RAD, PlaceCriterion, unit_pose_rows

#: A step of more than this many median steps is a gap.
GAP_STEPS = 2.5
#: A view turned by more than this looks in the opposite direction.
_OPPOSITE_RAD = np.radians(135)
_BLOCK = 256


@dataclass(frozen=True, eq=False)
class Coverage:
    """Where a map has keyframes and where it has gaps.

    Attributes:
        driven_m: length of all drives, gaps included.
        gaps: (G, 2) rows between which a gap lies, the largest first.
        gaps_m: (G,) their lengths.
        views: (N,) keyframes of the same place and view as each, itself included.
        both_ways_share: share of keyframes whose place is also seen in the opposite direction.
    """

    driven_m: float
    gaps: IntArray
    gaps_m: FloatArray
    views: IntArray
    both_ways_share: float


def coverage(gallery: GalleryMap, radius_m: float) -> Coverage:
    """Measure the coverage of a map.

    Args:
        gallery: the map.
        radius_m: radius of a place; its keyframes may have any rotation.
    """
    keyframes = gallery.keyframes
    pairs = keyframes.successive()
    steps_m = keyframes.apart_m(pairs)
    moved_m = steps_m[steps_m > 0]
    usual_m = float(np.median(moved_m)) if moved_m.size else 0.0
    least_m = GAP_STEPS * max(usual_m, gallery.manifest.keyframe_spacing.distance_m)
    order = np.argsort(-steps_m, kind='stable')
    order = order[steps_m[order] > max(least_m, 1e-6)]
    # Cameras of one robot share its trajectory: the first of a session stands for all.
    first = _first_cameras(keyframes)[pairs[:, 0]]
    views, both_ways = _views(gallery, radius_m)
    driven_m = float(steps_m[first].sum())
    return Coverage(driven_m, pairs[order], steps_m[order], views, both_ways)


def _first_cameras(keyframes: Keyframes) -> NDArray[np.bool_]:
    first = np.zeros(len(keyframes), dtype=np.bool_)
    for session in np.unique(keyframes.sessions):
        rows = np.flatnonzero(keyframes.sessions == session)
        first[rows[keyframes.cameras[rows] == keyframes.cameras[rows].min()]] = True
    return first


def _views(gallery: GalleryMap, radius_m: float) -> tuple[IntArray, float]:
    """Return (N,) numbers of keyframes of the same place and view, and the two-way share."""
    poses, directions = unit_pose_rows(gallery.keyframes.poses), _directions(gallery)
    tree, place = cKDTree(poses[:, :3]), PlaceCriterion(radius_m, ANY_ANGLE_RAD)
    views, other = np.ones(len(gallery), dtype=np.int64), 0
    for start in range(0, len(gallery), _BLOCK):
        rows = range(start, min(start + _BLOCK, len(gallery)))
        near = tree.query_ball_point(tree.data[rows], radius_m)
        for row, beside in zip(rows, near, strict=True):
            same_place = np.array(beside)[~place.distinct(poses[row], poses[beside])]
            cosines = directions[same_place] @ directions[row]
            views[row] = max(int((cosines >= 0).sum()), 1)
            other += bool((cosines <= np.cos(_OPPOSITE_RAD)).any())
    return views, other / len(gallery)


def _directions(gallery: GalleryMap) -> FloatArray:
    """Return (N, 3) optical axes of the keyframes; the base's x axis without extrinsics."""
    keyframes = gallery.keyframes
    directions = np.zeros((len(gallery), 3))
    for number, camera in enumerate(gallery.manifest.cameras):
        rows = np.flatnonzero(keyframes.cameras == number)
        if not rows.size:
            continue
        axis = np.array([1.0, 0.0, 0.0])
        if camera.base_from_camera is not None:
            axis = camera.base_from_camera.rotation.apply([0.0, 0.0, 1.0])
        directions[rows] = Rotation.from_quat(keyframes.poses[rows, 3:]).apply(axis)
    return directions
