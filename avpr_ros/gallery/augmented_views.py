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
from avpr_ros.gallery.gallery_map import VIEWS, GalleryMap


def save_views(folder: Path, views: Descriptors) -> None:
    """Write (N, V, d) unit rows into a map folder that is being built, as float16."""
    np.save(folder / VIEWS, views.astype(np.float16), allow_pickle=False)


def load_views(gallery: GalleryMap) -> NDArray[np.float16] | None:
    """Return the (N, V, d) float16 rows, memory-mapped, or None where the map has none.

    Raises:
        MapError: the file is unreadable or of other keyframes.
    """
    path = gallery.path / VIEWS
    if not path.is_file():
        return None
    try:
        views = np.load(path, mmap_mode='r', allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise MapError(f'{path} cannot be read ({error}); build the map again') from error
    count, dim = gallery.descriptors.shape
    if views.dtype != np.float16 or views.ndim != 3 or views.shape[::2] != (count, dim):
        raise MapError(
            f'{path} is {views.dtype} {views.shape}, expected float16 ({count}, V, {dim}); build '
            'the map again'
        )
    return np.asanyarray(views, dtype=np.float16)
