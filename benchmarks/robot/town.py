# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The demo town's map with landmarks, grown to ten thousand keyframes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from avpr_ros.arrays import Descriptors, IntArray
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.gallery.keyframes import Keyframes
from avpr_ros.gallery.local_features.landmarks import Landmarks
from benchmarks.robot.maps import write_map
from benchmarks.robot.walks import WORK

#: How far apart the copies of the town lie.
_APART_M = 10_000.0


def large_town_map(town: GalleryMap, keyframes: int, name: str = 'town') -> Path:
    """Return a map of the town and, far away, of copies of it, made if it is not there.

    The town's own keyframes are as they were. A copy has its landmarks, moved along x, and its
    descriptors with their numbers in another order, as unlike the town as another town would be:
    as much is searched and as much lies in memory as in a large map.
    """
    folder = WORK / f'map-{name}-{keyframes}'
    if not folder.exists():
        own = np.arange(keyframes) % len(town)
        copies = np.arange(keyframes) // len(town)
        landmarks = town.landmarks()
        assert landmarks is not None
        write_map(
            folder,
            town,
            _descriptors(town, own, copies),
            _keyframes(town.keyframes, own, copies),
            _landmarks(landmarks, own, copies),
        )
    return folder


def _descriptors(town: GalleryMap, own: IntArray, copies: IntArray) -> Descriptors:
    rows = np.asarray(town.descriptors)[own]
    rng = np.random.default_rng(0)
    for copy in range(1, int(copies.max()) + 1):
        there = copies == copy
        rows[there] = rows[there][:, rng.permutation(rows.shape[1])]
    return rows


def _keyframes(town: Keyframes, own: IntArray, copies: IntArray) -> Keyframes:
    ids = np.arange(len(own), dtype=np.int64)
    stamps_ns = town.stamps_ns[0] + 10**9 * ids
    poses = town.poses[own].copy()
    poses[:, 0] += _APART_M * copies
    return Keyframes(ids, stamps_ns, town.sessions[own], town.cameras[own], poses)


def _landmarks(town: Landmarks, own: IntArray, copies: IntArray) -> Landmarks:
    layers = []
    for layer in town.layers:
        selected = layer.select(own)
        points_m = np.array(selected.points_m)
        offset_m = np.repeat(_APART_M * copies, np.diff(selected.offsets))
        points_m[:, 0] += offset_m.astype(np.float32)
        layers.append(replace(selected, points_m=points_m))
    return replace(town, layers=tuple(layers))
