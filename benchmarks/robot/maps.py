# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Maps of ten thousand keyframes, grown from real ones; each is made once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from avpr_ros.arrays import Descriptors
from avpr_ros.gallery import gallery_map
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.gallery.index.selection import build_index
from avpr_ros.gallery.keyframes import Keyframes
from avpr_ros.gallery.local_features.landmarks import Landmarks
from avpr_ros.storage.files import atomic_folder
from benchmarks.robot.search import many_rows
from benchmarks.robot.walks import WORK

KEYFRAMES = 10_000


def write_map(
    folder: Path,
    real: GalleryMap,
    rows: Descriptors,
    keyframes: Keyframes,
    landmarks: Landmarks | None = None,
) -> None:
    """Write a map with other keyframes, in the descriptor space and of the cameras of a real one.

    Args:
        folder: the map; must not be there.
        real: whose space, cameras and settings it takes.
        rows: (N, d) descriptors.
        keyframes: the N rows.
        landmarks: of them, if any.
    """
    names = [*gallery_map.REQUIRED]
    with atomic_folder(folder) as draft:
        np.save(draft / gallery_map.DESCRIPTORS, rows)
        index, info = build_index(rows)
        index.save(draft / gallery_map.INDEX)
        real.space().save_arrays(draft / gallery_map.SPACE)
        keyframes.save(draft / gallery_map.KEYFRAMES)
        if landmarks is not None:
            landmarks.save(draft / gallery_map.LANDMARKS)
            names.append(gallery_map.LANDMARKS)
        if (network := real.files.get(gallery_map.GALLERY_NETWORK)) is not None:
            (draft / gallery_map.GALLERY_NETWORK).write_bytes(network.read())
            names.append(gallery_map.GALLERY_NETWORK)
        replace(real.manifest, index=info).sealed(draft, names).save(draft)


def large_map(real: GalleryMap) -> Path:
    """Make a map of ten thousand keyframes from a real one, in its descriptor space."""
    stem = f'{KEYFRAMES}-{real.manifest.descriptor_space.dim}'
    folder = WORK / f'map-{stem}'
    if not folder.exists():
        source = np.asarray(real.descriptors, dtype=np.float32)
        rows = many_rows(source, KEYFRAMES, WORK / f'rows-{stem}.npy')
        ids = np.arange(KEYFRAMES, dtype=np.int64)
        poses = np.zeros((KEYFRAMES, 7))
        poses[:, 0], poses[:, 6] = ids, 1.0
        nothing = np.zeros(KEYFRAMES, np.int32)
        write_map(folder, real, rows, Keyframes(ids, ids, nothing, nothing, poses))
    return folder
