# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What training needs of one map, or of several that share a descriptor space, as one gallery."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
import hashlib
import json

import numpy as np

from avpr_ros.arrays import Descriptors, RgbImage
from avpr_ros.errors import SpaceMismatchError, TrainingError
from avpr_ros.gallery.augmented_views import load_views
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.gallery.keyframes import Keyframes
from avpr_ros.training.images import MapImages, TrainingImages
from avpr_ros.training.memory_bank.bank import Bank, build_bank
from avpr_ros.training.memory_bank.bank_file import open_bank
from avpr_ros.training.places import Places, PlaceSettings, join_places, places_of

#: Maps have frames of their own: this keeps them from being near each other.
_APART_M = 1e7


@dataclass(frozen=True, eq=False)
class TrainingGallery:
    """Rows of all maps, one map after the other.

    Attributes:
        maps: at least one, all of one descriptor space; their areas must not overlap, since a
            place of one map is a negative of every place of another.
        descriptors: (N, d) stored unit rows.
        keyframes: N rows, those of each further map moved far away in x.
        images: N images.
        bank: statistics of the places.
        views: (N, V, d) stored unit rows of augmented views, where all maps have as many.
    """

    maps: tuple[GalleryMap, ...]
    descriptors: Descriptors
    keyframes: Keyframes
    images: TrainingImages
    bank: Bank
    views: Descriptors | None

    @classmethod
    def from_maps(cls, maps: Sequence[GalleryMap], settings: PlaceSettings) -> TrainingGallery:
        """Join maps; a single map has its memory bank in a file and stays memory-mapped.

        Raises:
            SpaceMismatchError: the maps are of different descriptor spaces.
            TrainingError: no map, the same one twice, or a descriptor that is not finite.
            MapError: views that are damaged.
        """
        _check(maps)
        if len(maps) == 1:
            (gallery,) = maps
            bank, views = open_bank(gallery, settings), load_views(gallery)
            images = MapImages(gallery)
            rows = gallery.read_descriptors()
            return cls((gallery,), rows, gallery.keyframes, images, bank, views)
        places = join_places([places_of(each.keyframes, settings) for each in maps])
        descriptors = np.concatenate([each.read_descriptors() for each in maps])
        views = _joined_views(maps)
        return cls(
            tuple(maps),
            descriptors,
            _joined_keyframes([each.keyframes for each in maps]),
            JoinedImages([MapImages(each) for each in maps]),
            build_bank(descriptors, places, views),
            views,
        )

    @property
    def places(self) -> Places:
        """Places of all rows."""
        return self.bank.places

    def identity(self, settings: object) -> str:
        """Hash what a checkpoint must agree on: the maps, their space and the settings.

        Args:
            settings: every setting that matters, as JSON values.
        """
        manifests = [each.manifest for each in self.maps]
        facts = {
            'maps': [[manifest.map_id, manifest.revision] for manifest in manifests],
            'space_id': manifests[0].descriptor_space.id,
            'views': None if self.views is None else self.views.shape[1],
            'settings': settings,
        }
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


class JoinedImages:
    """The images of several maps by row."""

    def __init__(self, parts: Sequence[TrainingImages]) -> None:
        self._parts = parts
        self._ends = np.cumsum([len(part) for part in parts])

    def __len__(self) -> int:
        return int(self._ends[-1])

    def read(self, row: int) -> RgbImage:
        """Return the (H, W, 3) image of a row; raises as the map's own images do."""
        part = int(np.searchsorted(self._ends, row, side='right'))
        return self._parts[part].read(row - (int(self._ends[part - 1]) if part else 0))


def _check(maps: Sequence[GalleryMap]) -> None:
    if not maps:
        raise TrainingError('no map is given; give at least one --map')
    first = maps[0]
    for each in maps[1:]:
        space, other = first.manifest.descriptor_space, each.manifest.descriptor_space
        if space.id != other.id:
            raise SpaceMismatchError(
                f'{each.path} has descriptor space {other.id[:12]} of network {other.network!r} '
                f'and {first.path} has {space.id[:12]} of {space.network!r}, which one query '
                'network cannot share; build one map of all drives, or train a network per map'
            )
    ids = [each.manifest.map_id for each in maps]
    if len(set(ids)) < len(ids):
        raise TrainingError('the same map is given twice; give each map once')


def _joined_keyframes(parts: Sequence[Keyframes]) -> Keyframes:
    poses, sessions, first = [], [], 0
    for number, part in enumerate(parts):
        moved = part.poses.copy()
        moved[:, 0] += number * _APART_M
        poses.append(moved)
        # No step runs from the end of one map to the start of the next.
        sessions.append(part.sessions + first)
        first = int(sessions[-1].max()) + 1
    return Keyframes(
        np.arange(sum(len(part) for part in parts), dtype=np.int64),
        np.concatenate([part.stamps_ns for part in parts]),
        np.concatenate(sessions).astype(np.int32),
        np.concatenate([part.cameras for part in parts]),
        np.concatenate(poses),
    )


def _joined_views(maps: Sequence[GalleryMap]) -> Descriptors | None:
    views = [found for each in maps if (found := load_views(each)) is not None]
    if len(views) < len(maps) or len({each.shape[1] for each in views}) > 1:
        return None
    return np.concatenate(views)
