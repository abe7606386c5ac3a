# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from avpr_ros.errors import SpaceMismatchError, TrainingError
from avpr_ros.gallery.augmented_views import save_views
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.training.places import PlaceSettings
from avpr_ros.training.training_gallery import TrainingGallery

SETTINGS = PlaceSettings(cell_m=2.0)


@pytest.fixture
def maps(gallery) -> list[GalleryMap]:
    """A map, and one of another id that shows other places in the same space."""
    other = replace(gallery.manifest, map_id='another')
    return [gallery, replace(gallery, manifest=other)]


def test_one_map_stays_as_it_is(gallery):
    one = TrainingGallery.from_maps([gallery], SETTINGS)
    np.testing.assert_array_equal(one.descriptors, gallery.descriptors)
    assert one.keyframes is gallery.keyframes


def test_rows_of_two_maps_follow_each_other(maps):
    both, count = TrainingGallery.from_maps(maps, SETTINGS), len(maps[0])
    assert both.descriptors.shape == (2 * count, maps[0].descriptors.shape[1])
    assert len(both.images) == len(both.keyframes) == 2 * count
    for row in (0, count - 1):
        assert np.array_equal(both.images.read(row), both.images.read(row + count))
        assert np.array_equal(both.images.read(row), maps[0].thumbnail(row))


def test_places_of_another_map_are_negatives(maps):
    one, both = (
        TrainingGallery.from_maps(maps[:1], SETTINGS).places,
        TrainingGallery.from_maps(maps, SETTINGS),
    )
    places = both.places
    assert places.count == 2 * one.count
    assert np.array_equal(places.labels[len(maps[0]) :], one.labels + one.count)
    for place in range(one.count):
        assert places.excluded(place).tolist() == one.excluded(place).tolist()
        moved = (one.excluded(place) + one.count).tolist()
        assert places.excluded(place + one.count).tolist() == moved
    steps = both.keyframes.steps_m()
    assert len(steps) == 2 * len(maps[0].keyframes.steps_m())
    assert steps.max() < 1e6


def test_views_count_where_all_maps_have_as_many(maps, monkeypatch):
    assert TrainingGallery.from_maps(maps, SETTINGS).views is None
    count, dim = maps[0].descriptors.shape
    views = np.zeros((count, 2, dim))
    views[:, :, 0] = 1
    save_views(maps[0].path, views)
    assert TrainingGallery.from_maps(maps, SETTINGS).views.shape == (2 * count, 2, dim)


def test_maps_of_two_spaces_are_refused(maps):
    manifest = maps[1].manifest
    space = replace(manifest.descriptor_space, id='f' * 64)
    other = replace(maps[1], manifest=replace(manifest, descriptor_space=space))
    with pytest.raises(SpaceMismatchError, match='ffffffffffff'):
        TrainingGallery.from_maps([maps[0], other], SETTINGS)


def test_a_map_given_twice_is_refused(gallery):
    with pytest.raises(TrainingError, match='given twice'):
        TrainingGallery.from_maps([gallery, gallery], SETTINGS)


def test_a_checkpoint_belongs_to_its_maps_and_settings(maps):
    one, both = (
        TrainingGallery.from_maps(maps[:1], SETTINGS),
        TrainingGallery.from_maps(maps, SETTINGS),
    )
    found = {one.identity({'a': 1}), one.identity({'a': 2}), both.identity({'a': 1})}
    assert len(found) == 3
