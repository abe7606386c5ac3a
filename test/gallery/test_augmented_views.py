# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from avpr_ros.errors import MapError
from avpr_ros.gallery.augmented_views import load_views, save_views
from avpr_ros.gallery.gallery_map import VIEWS, GalleryMap


def test_a_map_without_views_has_none(gallery):
    assert load_views(gallery) is None


def test_views_come_back_as_they_were_stored(gallery):
    count, dim = gallery.descriptors.shape
    views = np.random.default_rng(0).normal(size=(count, 3, dim))
    save_views(gallery.path, views)
    assert np.array_equal(load_views(gallery), views.astype(np.float16))


def test_views_of_other_keyframes_are_refused(gallery):
    save_views(gallery.path, np.zeros((2, 3, 4)))
    with pytest.raises(MapError, match='expected float16'):
        load_views(gallery)


def test_damaged_views_are_refused(gallery):
    (gallery.path / VIEWS).write_bytes(b'no array')
    with pytest.raises(MapError, match='cannot be read'):
        load_views(GalleryMap.open(gallery.path, verify=False))
