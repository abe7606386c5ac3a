# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Descriptors of augmented views of the keyframes, a part of a map that only training reads.

They measure how the gallery descriptor of a place changes with the image.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import Descriptors
from avpr_ros.errors import MapError
from avpr_ros.gallery.array_files import open_rows
from avpr_ros.gallery.gallery_map import VIEWS, GalleryMap
from avpr_ros.storage.reading import reading


def save_views(folder: Path, views: Descriptors) -> None:
    """Write (N, V, d) unit rows into a map folder that is being built, as float16."""
    np.save(folder / VIEWS, views.astype(np.float16), allow_pickle=False)


def load_views(gallery: GalleryMap) -> NDArray[np.float16] | None:
    """Return the (N, V, d) float16 rows, or None where the map has none.

    Raises:
        MapError: the file is unreadable or of other keyframes.
    """
    path = gallery.path / VIEWS
    with reading(path, MapError, 'build the map again'):
        file = gallery.file(VIEWS)
        if file is None:
            return None
        views: NDArray[np.float16] = np.asarray(open_rows(file))
    count, dim = gallery.descriptors.shape
    if views.ndim != 3 or views.shape[::2] != (count, dim):
        raise MapError(
            f'{path} is {views.dtype} {views.shape}, expected float16 ({count}, V, {dim}); build '
            'the map again'
        )
    return views
