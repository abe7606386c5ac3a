# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""An open gallery map, read-only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
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
from avpr_ros.gallery.array_files import open_rows
from avpr_ros.gallery.describer import Progress, no_progress
from avpr_ros.gallery.descriptor_space import DescriptorSpace
from avpr_ros.gallery.file_array import FileArray, StoredArray, row_reader
from avpr_ros.gallery.hog import HogDescriptors
from avpr_ros.gallery.index.faiss_index import GalleryIndex, padded_dim
from avpr_ros.gallery.keyframes import Keyframes
from avpr_ros.gallery.local_features.landmarks import Landmarks
from avpr_ros.gallery.manifest import Manifest
from avpr_ros.gallery.map_folder import MANIFEST, map_file, open_manifest, read_signature
from avpr_ros.gallery.map_state import MapState, check_all_listed, open_files
from avpr_ros.storage.open_file import OpenFile
from avpr_ros.storage.reading import reading
from avpr_ros.storage.signature import TrustedKeys

DESCRIPTORS = 'descriptors.npy'
KEYFRAMES = 'keyframes.npz'
INDEX = 'index.faiss'
SPACE = 'space.npz'
REPORT = 'report.html'
VIEWS = 'views.npy'
LANDMARKS = 'landmarks.npz'
HOG = 'layout.npz'
NETWORKS = XFEAT_NETWORK, GALLERY_NETWORK = 'xfeat.onnx', 'gallery_network.onnx'
WARNINGS = 'warnings.json'
REQUIRED = (DESCRIPTORS, KEYFRAMES, INDEX, SPACE)
#: A robot's copy of a map may go without these.
OPTIONAL = (thumbnails.SUMS, REPORT, VIEWS, LANDMARKS, HOG, *NETWORKS, WARNINGS)


@dataclass(frozen=True, eq=False)
class GalleryMap:
    """A map on disk, checked; nothing in it is ever written.

    Attributes:
        path: the folder.
        manifest: what the map is.
        descriptors: (N, d) float16, rows of length 1; they stay in the file.
        keyframes: N rows.
        index: search over the same N rows.
        state: of its files when it was opened.
        files: those that are read, by name; each was hashed as it was opened, and stays open.
    """

    path: Path
    manifest: Manifest
    descriptors: StoredArray
    keyframes: Keyframes
    index: GalleryIndex
    state: MapState = field(default_factory=lambda: MapState(Path(), ()), kw_only=True)
    files: Mapping[str, OpenFile] = field(default_factory=dict, kw_only=True)

    def __len__(self) -> int:
        return len(self.keyframes)

    @classmethod
    def open(
        cls,
        path: str | os.PathLike[str],
        *,
        verify: bool = True,
        trusted: TrustedKeys | None = None,
    ) -> GalleryMap:
        """Open a map folder.

        Args:
            path: the folder.
            verify: compare the hash of every file with the manifest. Thumbnails are compared
                when they are read, so that a big map opens fast.
            trusted: keys, one of which must have signed the map; None: it need not be signed.

        Raises:
            MapError: not a map, of an unknown version, incomplete, damaged, inconsistent, or not
                signed by a trusted key.
        """
        path = Path(path)
        opened = open_manifest(path)
        text = opened.read()
        if trusted is not None:
            trusted.check(path, text, read_signature(path))
        manifest = Manifest.parse(path, text)
        state = MapState(path, {MANIFEST, *manifest.files} - {REPORT})
        try:
            files = open_files(path, manifest, REQUIRED, OPTIONAL, verify)
            if trusted is not None:
                check_all_listed(path, manifest, set(OPTIONAL) - {REPORT})
        except OSError as error:
            raise MapError(f'{path} cannot be read ({error}); check the map folder') from error
        descriptors = _load_descriptors(files[DESCRIPTORS])
        gallery = cls(
            path,
            manifest,
            descriptors,
            Keyframes.load(files[KEYFRAMES]),
            GalleryIndex.load(files[INDEX], row_reader(descriptors)),
            state=state,
            files={MANIFEST: opened, **files},
        )
        gallery._check_consistent()
        state.check()
        return gallery

    def read_descriptors(self) -> NDArray[np.float16]:
        """Read the (N, d) descriptors into memory; raises ``MapError``."""
        return np.asarray(self.descriptors)

    def landmarks(self) -> Landmarks | None:
        """Return the landmarks, where this copy of the map has any; raises ``MapError``."""
        return self._landmarks

    @cached_property
    def _landmarks(self) -> Landmarks | None:
        file = self.files.get(LANDMARKS)
        if file is None:
            return None
        return Landmarks.load(file, len(self), len(self.manifest.cameras))

    def file(self, name: str) -> OpenFile | None:
        """Return an optional file; None where it is missing.

        It is the one whose hash was compared; or, of a map that is being built and does not list
        it yet, the one that lies there now.

        Raises:
            MapError: it is a symlink or no regular file.
            OSError: it cannot be opened.
        """
        if name in self.manifest.files:
            return self.files.get(name)
        found = map_file(self.path, name)
        return None if found is None else OpenFile(found)

    @cached_property
    def warnings(self) -> tuple[str, ...]:
        """What the images proved wrong about cameras and poses at build; raises ``MapError``."""
        with reading(self.path / WARNINGS, MapError, 'build the map again'):
            file = self.file(WARNINGS)
            return () if file is None else tuple(map(str, json.loads(file.read())))

    def hog(self) -> HogDescriptors | None:
        """Load the HOG descriptors, where this copy of the map has any; raises ``MapError``."""
        file = self.files.get(HOG)
        return None if file is None else HogDescriptors.load(file, len(self))

    def space(self) -> DescriptorSpace:
        """Load the descriptor space with its arrays.

        Raises:
            MapError: ``space.npz`` is damaged or of another space.
        """
        info = self.manifest.descriptor_space
        return DescriptorSpace.load(
            self.files[SPACE], info.id, info.network, info.dim, info.input_px
        )

    def space_arrays(self) -> dict[str, NDArray[Any]]:
        """Load the arrays of the descriptor space; raises as ``space`` does."""
        return dict(self.space().arrays)

    def thumbnail(self, row: int) -> RgbImage | None:
        """Return the (H, W, 3) RGB thumbnail of a row, or None where there is none.

        Raises:
            MapError: the file is damaged.
        """
        return self.stored_thumbnails.read(int(self.keyframes.ids[row]))

    @cached_property
    def stored_thumbnails(self) -> thumbnails.Thumbnails:
        """The thumbnails of this copy of the map; raises ``MapError``."""
        return thumbnails.Thumbnails(self.path, self.files.get(thumbnails.SUMS))

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


def _load_descriptors(file: OpenFile) -> FileArray:
    with reading(file, MapError, 'build the map again'):
        descriptors = open_rows(file)
    if descriptors.ndim != 2:
        raise MapError(
            f'{file} is {descriptors.dtype} {descriptors.shape}, expected float16 (N, d); build '
            'the map again'
        )
    return descriptors
