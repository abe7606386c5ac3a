# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What matching reads of a gallery: a map on disk, or the session that is running."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from avpr_ros.arrays import RgbImage
from avpr_ros.gallery.file_array import StoredArray
from avpr_ros.gallery.hog import HogDescriptors
from avpr_ros.gallery.index.faiss_index import GalleryIndex
from avpr_ros.gallery.keyframes import Keyframes
from avpr_ros.gallery.local_features.landmarks import Landmarks
from avpr_ros.gallery.manifest import Manifest
from avpr_ros.storage.open_file import OpenFile


class Gallery(Protocol):
    """Keyframes with descriptors, and a search over them.

    Attributes:
        path: the map's folder; for messages to people only.
        manifest: what the gallery is.
        descriptors: (N, d) float16, rows of length 1; those of a map on disk stay in its file.
        keyframes: N rows; a session's grow.
        index: search over the same rows; a session's leaves out the recent ones.
    """

    @property
    def path(self) -> Path: ...  # noqa: D102

    @property
    def manifest(self) -> Manifest: ...  # noqa: D102

    @property
    def descriptors(self) -> StoredArray: ...  # noqa: D102

    @property
    def keyframes(self) -> Keyframes: ...  # noqa: D102

    @property
    def index(self) -> GalleryIndex: ...  # noqa: D102

    def __len__(self) -> int: ...

    def thumbnail(self, row: int) -> RgbImage | None:
        """Return the (H, W, 3) RGB thumbnail of a row, or None where there is none."""
        ...

    def landmarks(self) -> Landmarks | None:
        """Load the landmarks; None where the gallery has none."""
        ...

    def file(self, name: str) -> OpenFile | None:
        """Return an optional file of the gallery; None where it has none."""
        ...

    def hog(self) -> HogDescriptors | None:
        """Load the layouts of the pictures; None where the gallery has none."""
        ...
