# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""An open gallery map, read-only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import RgbImage
from avpr_ros.errors import MapError
from avpr_ros.gallery import thumbnails
from avpr_ros.gallery.array_files import PreadRows, read_rows
from avpr_ros.gallery.describer import Progress, no_progress
from avpr_ros.gallery.descriptor_space import DescriptorSpace
from avpr_ros.gallery.hog import HogDescriptors
from avpr_ros.gallery.index.faiss_index import GalleryIndex, padded_dim
from avpr_ros.gallery.keyframes import Keyframes
from avpr_ros.gallery.local_features.landmarks import Landmarks
from avpr_ros.gallery.manifest import Manifest
from avpr_ros.gallery.map_folder import map_file
from avpr_ros.storage.files import sha256_of_file
from avpr_ros.storage.reading import reading

DESCRIPTORS = 'descriptors.npy'
KEYFRAMES = 'keyframes.npz'
INDEX = 'index.faiss'
SPACE = 'space.npz'
REPORT = 'report.html'
VIEWS = 'views.npy'
LANDMARKS = 'landmarks.npz'
HOG = 'layout.npz'
XFEAT_NETWORK = 'xfeat.onnx'
WARNINGS = 'warnings.json'
REQUIRED = (DESCRIPTORS, KEYFRAMES, INDEX, SPACE)
#: A robot's copy of a map may go without these.
OPTIONAL = (thumbnails.SUMS, REPORT, VIEWS, LANDMARKS, HOG, XFEAT_NETWORK, WARNINGS)


@dataclass(frozen=True, eq=False)
class GalleryMap:
    """A map on disk, checked; nothing in it is ever written.

    Attributes:
        path: the folder.
        manifest: what the map is.
        descriptors: (N, d) float16, memory-mapped, rows of length 1.
        keyframes: N rows.
        index: search over the same N rows.
    """

    path: Path
    manifest: Manifest
    descriptors: NDArray[np.float16]
    keyframes: Keyframes
    index: GalleryIndex

    def __len__(self) -> int:
        return len(self.keyframes)

    @classmethod
    def open(cls, path: str | os.PathLike[str], *, verify: bool = True) -> GalleryMap:
        """Open a map folder.

        Args:
            path: the folder.
            verify: compare the hash of every file with the manifest. Thumbnails are compared
                when they are read, so that a big map opens fast.

        Raises:
            MapError: not a map, of an unknown version, incomplete, damaged or inconsistent.
        """
        path = Path(path)
        manifest = Manifest.load(path)
        try:
            _check_files(path, manifest, verify)
            descriptors = _load_descriptors(path / DESCRIPTORS)
        except OSError as error:
            raise MapError(f'{path} cannot be read ({error}); check the map folder') from error
        gallery = cls(
            path,
            manifest,
            descriptors,
            Keyframes.load(path / KEYFRAMES),
            GalleryIndex.load(path / INDEX, PreadRows(descriptors)),
        )
        gallery._check_consistent()
        return gallery

    def landmarks(self) -> Landmarks | None:
        """Load the landmarks, where this copy of the map has any; raises ``MapError``."""
        path = self.part(LANDMARKS)
        if path is None:
            return None
        return Landmarks.load(path, len(self), len(self.manifest.cameras))

    def part(self, name: str) -> Path | None:
        """Return the path of an optional file that the manifest lists; None where it is missing.

        Raises:
            MapError: it is a symlink or no regular file.
        """
        return map_file(self.path, name) if name in self.manifest.files else None

    @cached_property
    def warnings(self) -> tuple[str, ...]:
        """What the images proved wrong about cameras and poses at build; raises ``MapError``."""
        path = map_file(self.path, WARNINGS)
        if path is None:
            return ()
        with reading(path, MapError, 'build the map again'):
            return tuple(map(str, json.loads(path.read_text(encoding='utf-8'))))

    def hog(self) -> HogDescriptors | None:
        """Load the HOG descriptors, where this copy of the map has any; raises ``MapError``."""
        path = self.part(HOG)
        return None if path is None else HogDescriptors.load(path, len(self))

    def space(self) -> DescriptorSpace:
        """Load the descriptor space with its arrays.

        Raises:
            MapError: ``space.npz`` is damaged or of another space.
        """
        info = self.manifest.descriptor_space
        return DescriptorSpace.load(
            self.path / SPACE, info.id, info.network, info.dim, info.input_px
        )

    def space_arrays(self) -> dict[str, NDArray[Any]]:
        """Load the arrays of the descriptor space; raises as ``space`` does."""
        return dict(self.space().arrays)

    def thumbnail(self, row: int) -> RgbImage | None:
        """Return the (H, W, 3) RGB thumbnail of a row, or None where there is none.

        Raises:
            MapError: the file is damaged.
        """
        return thumbnails.Thumbnails(self.path).read(int(self.keyframes.ids[row]))

    def iter_thumbnails(self, stage: str, progress: Progress = no_progress) -> Iterator[RgbImage]:
        """Yield the thumbnail of every keyframe, in the order of rows.

        Args:
            stage: what they are wanted for.
            progress: called with stage, done and total.

        Raises:
            MapError: a thumbnail is missing or damaged.
        """
        for row in range(len(self)):
            image = self.thumbnail(row)
            if image is None:
                raise MapError(
                    f'{self.path} has no thumbnail of keyframe {self.keyframes.ids[row]}; build '
                    f'its {stage} from the whole map, not from a copy for a robot'
                )
            yield image
            progress(stage, row + 1, len(self))

    def _check_consistent(self) -> None:
        manifest, frames = self.manifest, self.keyframes
        count, dim = len(frames), manifest.descriptor_space.dim
        kept_dim = dim if self.index.dim == padded_dim(dim) else self.index.dim
        for name, found in (
            (DESCRIPTORS, self.descriptors.shape),
            (INDEX, (self.index.size, kept_dim)),
        ):
            if found != (count, dim):
                raise MapError(
                    f'{self.path}: {name} is {found}, expected ({count}, {dim}) from keyframes '
                    'and manifest; build the map again'
                )
        if count == 0:
            raise MapError(f'{self.path} has no keyframes; build the map again')
        for column, known in (
            (frames.cameras, manifest.cameras),
            (frames.sessions, manifest.sessions),
        ):
            if column.min() < 0 or column.max() >= len(known):
                raise MapError(
                    f'{self.path}: a keyframe names a camera or session that the manifest does '
                    'not list; build the map again'
                )


def _check_files(path: Path, manifest: Manifest, verify: bool) -> None:
    for name in REQUIRED:
        if name not in manifest.files:
            raise MapError(f'{path}: the manifest does not list {name}; build the map again')
    for name, entry in manifest.files.items():
        file = map_file(path, name)
        if file is None:
            if name in OPTIONAL:
                continue
            raise MapError(f'{path}: {name} is missing; copy the map again or build it again')
        size = file.stat().st_size
        if size != entry.bytes:
            raise MapError(
                f'{path}: {name} has {size} bytes, the manifest says {entry.bytes}; copy the map '
                'again or build it again'
            )
        if verify and sha256_of_file(file) != entry.sha256:
            raise MapError(
                f'{path}: {name} is damaged (wrong hash); copy the map again or build it again'
            )


def _load_descriptors(file: Path) -> np.memmap[tuple[int, int], np.dtype[np.float16]]:
    with reading(file, MapError, 'build the map again'):
        descriptors = read_rows(file)
    if not isinstance(descriptors, np.memmap) or descriptors.ndim != 2:
        raise MapError(
            f'{file} is {descriptors.dtype} {descriptors.shape}, expected float16 (N, d); build '
            'the map again'
        )
    return descriptors
