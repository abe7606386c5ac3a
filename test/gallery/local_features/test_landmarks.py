# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from avpr_ros.errors import MapError
from avpr_ros.gallery.local_features.false_positive_floor import FalsePositiveFloor
from avpr_ros.gallery.local_features.features import XFEAT, Features
from avpr_ros.gallery.local_features.landmarks import Landmarks


def some(counts: list[int]) -> Landmarks:
    rng = np.random.default_rng(0)
    sift = [
        Features(
            rng.uniform(0, 100, (n, 2)).astype(np.float32),
            rng.integers(0, 255, (n, 128), dtype=np.uint8),
        )
        for n in counts
    ]
    xfeat = [
        Features(
            rng.uniform(0, 100, (n, 2)).astype(np.float32),
            rng.integers(-8, 8, (n, 64), dtype=np.int8),
            XFEAT,
        )
        for n in counts
    ]
    return Landmarks.without_points([sift, xfeat], cameras=2)


def test_what_was_saved_is_loaded(tmp_path):
    landmarks = some([3, 0, 5])
    landmarks.save(tmp_path / 'landmarks.npz')
    again = Landmarks.load(tmp_path / 'landmarks.npz', 3, 2)
    for layer, saved in zip(again.layers, landmarks.layers, strict=True):
        assert layer.kind is saved.kind
        assert layer.descriptors.shape == (8, layer.kind.stored_width)
        np.testing.assert_array_equal(
            layer.features(2).descriptors, saved.descriptors_at(slice(3, 8))
        )
        assert len(layer.features(1)) == 0
    assert again.min_accumulated_llr == landmarks.min_accumulated_llr
    assert again.nominal_from_refined.shape == (2, 4)


def test_columns_that_lie_the_other_way_in_memory_are_loaded_too(tmp_path):
    landmarks = some([3, 5])
    layer = replace(
        landmarks.layers[0],
        points_px=np.asfortranarray(landmarks.layers[0].points_px),
        descriptors=np.asfortranarray(landmarks.layers[0].descriptors),
    )
    turned = replace(landmarks, layers=(layer,))
    turned.save(tmp_path / 'landmarks.npz')
    again = Landmarks.load(tmp_path / 'landmarks.npz', 2, 2)
    np.testing.assert_array_equal(again.layers[0].descriptors, layer.descriptors)
    np.testing.assert_array_equal(again.layers[0].points_px, layer.points_px)


def test_thresholds_of_the_first_kind_are_kept(tmp_path):
    floor = FalsePositiveFloor(3.0, 20.0, 15.0)
    replace(some([3]), first_kind_floor=floor).save(tmp_path / 'landmarks.npz')
    assert Landmarks.load(tmp_path / 'landmarks.npz', 1, 2).first_kind_floor == floor


def test_thresholds_of_the_first_kind_that_are_no_thresholds_are_refused(tmp_path):
    floor = FalsePositiveFloor(3.0, float('nan'), 15.0)
    replace(some([3]), first_kind_floor=floor).save(tmp_path / 'landmarks.npz')
    with pytest.raises(MapError, match='thresholds of the first kind'):
        Landmarks.load(tmp_path / 'landmarks.npz', 1, 2)


def test_a_map_without_any_feature_can_be_saved(tmp_path):
    some([0, 0]).save(tmp_path / 'landmarks.npz')
    assert len(Landmarks.load(tmp_path / 'landmarks.npz', 2, 2)) == 2


def test_a_file_of_another_map_is_refused(tmp_path):
    some([3, 5]).save(tmp_path / 'landmarks.npz')
    with pytest.raises(MapError, match='not of the 3 keyframes'):
        Landmarks.load(tmp_path / 'landmarks.npz', 3, 2)


@pytest.mark.parametrize('content', [b'', b'PK no zip', b'\x80\x04N.'])
def test_a_damaged_file_is_refused_in_one_sentence(tmp_path, content):
    path = tmp_path / 'landmarks.npz'
    path.write_bytes(content)
    with pytest.raises(MapError, match='build the map again'):
        Landmarks.load(path, 3, 2)


def test_thresholds_are_kept_and_a_file_of_an_older_version_is_refused(tmp_path):
    path = tmp_path / 'landmarks.npz'
    numbers = {'background_llr': 4.0, 'min_accumulated_llr': 40.0, 'min_single_image_llr': 30.0}
    replace(some([3]), **numbers).save(path)
    again = Landmarks.load(path, 1, 2)
    assert (again.min_accumulated_llr, again.min_single_image_llr) == (40.0, 30.0)
    assert again.background_llr == 4.0
    with np.load(path) as stored:
        older = {name: stored[name] for name in stored.files}
    older['numbers'] = np.array([40.0, 30.0, 1.5])
    np.savez(path, **older)
    with pytest.raises(MapError, match='older version of avpr_ros; build the map again'):
        Landmarks.load(path, 1, 2)


def test_some_points_in_space_make_poses_measurable():
    unknown = some([3, 2]).layers[0]
    known = unknown.points_m.copy()
    known[1] = 1.0
    assert not unknown.measurable
    assert replace(unknown, points_m=known).measurable
    assert not replace(unknown, points_m=known[:0]).measurable
