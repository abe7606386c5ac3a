# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""HOG and local features of the keyframes of a chunk, and their matches with the next ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import AnyArray, IntArray
from avpr_ros.errors import MapError
from avpr_ros.gallery.hog import hog_descriptor
from avpr_ros.gallery.local_features.features import FeatureExtractor, FeatureKind, Features
from avpr_ros.gallery.thumbnails import decode_thumbnail
from avpr_ros.verification.triangulation import neighbour_matches, neighbouring_rows

#: The matches of two keyframes by features of a kind: name of the kind, and two rows.
MatchKey: TypeAlias = tuple[str, int, int]
Matches: TypeAlias = tuple[IntArray, IntArray]


@dataclass(frozen=True, eq=False)
class ChunkFeatures:
    """What is computed of each of n keyframes alone.

    Attributes:
        hog: (n, D) float32 ``hog_descriptor``.
        sizes_px: (n, 2) width and height of the thumbnails.
        features: local features of the n keyframes by name of their kind.
    """

    hog: NDArray[np.float32]
    sizes_px: IntArray
    features: Mapping[str, Sequence[Features]]

    @classmethod
    def extract(
        cls, thumbnails: Sequence[bytes], extractors: Sequence[FeatureExtractor]
    ) -> ChunkFeatures:
        """Compute all of it from the thumbnails; raises ``MapError`` where one is damaged."""
        hog, sizes = [], []
        features: dict[str, list[Features]] = {one.kind.name: [] for one in extractors}
        for encoded in thumbnails:
            image = decode_thumbnail(encoded)
            if image is None:
                raise MapError('a thumbnail of a shard is no readable JPEG; delete the shards')
            hog.append(hog_descriptor(image))
            sizes.append(image.shape[1::-1])
            for extractor in extractors:
                features[extractor.kind.name].append(extractor.extract(image))
        width = len(hog_descriptor(np.zeros((32, 64, 3), np.uint8)))
        return cls(
            np.array(hog, dtype=np.float32).reshape(-1, width),
            np.array(sizes, dtype=np.int64).reshape(-1, 2),
            features,
        )

    def arrays(self) -> dict[str, AnyArray]:
        """Return the arrays of a shard."""
        found: dict[str, AnyArray] = {'hog': self.hog, 'sizes_px': self.sizes_px}
        for name, images in self.features.items():
            found[f'{name}_counts'] = np.array([len(one) for one in images], dtype=np.int64)
            if images:
                found[f'{name}_points'] = np.concatenate([one.points_px for one in images])
                found[f'{name}_descriptors'] = np.concatenate([one.descriptors for one in images])
        return found

    @classmethod
    def from_arrays(
        cls, arrays: Mapping[str, AnyArray], kinds: Sequence[FeatureKind]
    ) -> ChunkFeatures:
        """Take the arrays of a shard; raises ``KeyError`` where one is missing."""
        features = {kind.name: _features(arrays, kind) for kind in kinds}
        return cls(arrays['hog'], arrays['sizes_px'], features)


def _features(arrays: Mapping[str, AnyArray], kind: FeatureKind) -> list[Features]:
    counts = arrays[f'{kind.name}_counts'].tolist()
    if not counts:
        return []
    borders = np.cumsum(counts)[:-1]
    points = np.split(arrays[f'{kind.name}_points'], borders)
    descriptors = np.split(arrays[f'{kind.name}_descriptors'], borders)
    return [Features(p, d, kind) for p, d in zip(points, descriptors, strict=True)]


def match_rows(
    own: int, cameras: IntArray, features: Mapping[str, Sequence[Features]]
) -> dict[MatchKey, Matches]:
    """Match the features of a chunk's keyframes with those of the keyframes that follow.

    Args:
        own: number of keyframes of the chunk, the first rows.
        cameras: (n,) positions of the cameras of these keyframes and of those that follow; -1
            where a camera is not triangulated.
        features: of the n keyframes by name of their kind.
    """
    sessions = np.zeros(len(cameras), dtype=np.int64)
    pairs = [
        pair
        for camera in np.unique(cameras[cameras >= 0])
        for pair in neighbouring_rows(np.flatnonzero(cameras == camera), sessions)
        if pair[0] < own
    ]
    return {
        (name, a, b): neighbour_matches(images[a], images[b])
        for name, images in features.items()
        for a, b in pairs
    }


def match_arrays(matches: Mapping[MatchKey, Matches]) -> tuple[dict[str, AnyArray], list[str]]:
    """Return the arrays of a shard of matches, and the names of the kinds in their order."""
    names = sorted({name for name, _, _ in matches})
    keys = [(names.index(name), a, b, len(i)) for (name, a, b), (i, _) in matches.items()]
    empty = np.zeros(0, np.int64)
    arrays = {
        'keys': np.array(keys, dtype=np.int64).reshape(-1, 4),
        'first': np.concatenate([empty, *(i for i, _ in matches.values())]).astype(np.int64),
        'second': np.concatenate([empty, *(j for _, j in matches.values())]).astype(np.int64),
    }
    return arrays, names


def matches_from(
    arrays: Mapping[str, AnyArray], names: Sequence[str], first_row: int
) -> dict[MatchKey, Matches]:
    """Take the arrays of a shard of matches; its rows count from ``first_row`` in the map."""
    found: dict[MatchKey, Matches] = {}
    start = 0
    for name, a, b, count in arrays['keys'].tolist():
        span = slice(start, start + count)
        key = names[name], first_row + a, first_row + b
        found[key] = arrays['first'][span], arrays['second'][span]
        start += count
    return found
