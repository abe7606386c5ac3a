# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What a map covers: how far was driven, where keyframes are missing, from which side it looks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

from avpr_ros.arrays import FloatArray, IntArray
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.gallery.keyframes import Keyframes

#: A step of so many usual ones is a gap.
GAP_STEPS = 2.5
#: A view turned by more than this is one of the other way.
_OTHER_WAY_RAD = np.radians(135)
_BLOCK = 256


@dataclass(frozen=True, eq=False)
class Coverage:
    """Where a map has keyframes and where not.

    Attributes:
        driven_m: length of all drives, gaps included.
        gaps: (G, 2) rows between which a gap lies, the largest first.
        gaps_m: (G,) their lengths.
        views: (N,) keyframes of the same place and view as each, itself included.
        both_ways_share: share of keyframes whose place is also seen the other way.
    """

    driven_m: float
    gaps: IntArray
    gaps_m: FloatArray
    views: IntArray
    both_ways_share: float


def coverage(gallery: GalleryMap, radius_m: float) -> Coverage:
    """Measure what a map covers.

    Args:
        gallery: the map.
        radius_m: how near keyframes of one place are.
    """
    keyframes = gallery.keyframes
    pairs = keyframes.successive()
    steps_m = keyframes.apart_m(pairs)
    moved_m = steps_m[steps_m > 0]
    usual_m = float(np.median(moved_m)) if moved_m.size else 0.0
    least_m = GAP_STEPS * max(usual_m, gallery.manifest.keyframe_spacing.distance_m)
    order = np.argsort(-steps_m, kind='stable')
    order = order[steps_m[order] > max(least_m, 1e-6)]
    # Cameras of one robot drive the same way: the first that a session has stands for all.
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
    """Return (N,) keyframes that show each place from its side, and the share seen from two."""
    tree, directions = cKDTree(gallery.keyframes.poses[:, :3]), _directions(gallery)
    views, other = np.ones(len(gallery), dtype=np.int64), 0
    for start in range(0, len(gallery), _BLOCK):
        rows = range(start, min(start + _BLOCK, len(gallery)))
        near = tree.query_ball_point(tree.data[rows], radius_m)
        for row, beside in zip(rows, near, strict=True):
            cosines = directions[beside] @ directions[row]
            views[row] = max(int((cosines >= 0).sum()), 1)
            other += bool((cosines <= np.cos(_OTHER_WAY_RAD)).any())
    return views, other / len(gallery)


def _directions(gallery: GalleryMap) -> FloatArray:
    """Return (N, 3) unit vectors along which the keyframes look, as far as mountings say it."""
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
