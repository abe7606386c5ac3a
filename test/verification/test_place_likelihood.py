# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from synthetic_features import COMMON, OWN, features, landmarks_of

from avpr_ros.gallery.local_features.feature_layer import FeatureLayer
from avpr_ros.gallery.local_features.features import Features
from avpr_ros.gallery.local_features.landmarks import Landmarks
from avpr_ros.verification.distance_ratios import DistanceRatioLikelihoods
from avpr_ros.verification.place_likelihood import (
    PlaceLikelihoods,
    mix_kinds,
    place_log_likelihood_ratios,
)


def likelihoods(query: Features, landmarks: Landmarks, *arguments, **words) -> PlaceLikelihoods:
    return place_log_likelihood_ratios([query], landmarks.layers, *arguments, **words)


def test_a_places_own_corners_speak_for_it_and_common_ones_for_nobody():
    landmarks = landmarks_of([0, 1, 2, 3, 4, 5])
    rows, alone = np.arange(6), np.eye(6, dtype=bool)
    seen = likelihoods(
        features(np.concatenate([COMMON, OWN[2]])), landmarks, rows, alone
    ).llr_place
    assert seen.argmax() == 2
    assert seen[2] > 10
    nothing = likelihoods(features(COMMON), landmarks, rows, alone).llr_place
    assert np.abs(nothing).max() < 1e-6


def test_keyframes_of_one_place_do_not_speak_against_each_other():
    landmarks = landmarks_of([0, 0, 1, 2])
    rows = np.arange(4)
    apart = np.eye(4, dtype=bool)
    together = apart.copy()
    together[:2, :2] = True
    query = features(OWN[0])
    assert likelihoods(query, landmarks, rows, together).llr_place[0] > 10
    assert likelihoods(query, landmarks, rows, apart).llr_place[0] < 1


def test_without_features_there_is_no_evidence():
    empty = Landmarks.without_points([[features(np.zeros((0, 128)))] * 3], 1)
    rows, alone = np.arange(3), np.eye(3, dtype=bool)
    assert not likelihoods(features(COMMON), empty, rows, alone).llr_place.any()
    full = landmarks_of([0, 1, 2])
    assert not likelihoods(features(np.zeros((0, 128))), full, rows, alone).llr_place.any()


def test_corners_count_more_where_they_lie_as_in_the_keyframe():
    rng = np.random.default_rng(3)
    space_m = rng.uniform([-2, -2, 4], [2, 2, 12], (30, 3))

    def seen_px(shift_m: float) -> np.ndarray:
        return 200 * (space_m[:, :2] + [shift_m, 0]) / space_m[:, 2:] + 120

    landmarks = Landmarks.without_points(
        [[features(one, seen_px(0.0) if i == 2 else None) for i, one in enumerate(OWN)]], 1
    )
    rows, alone = np.arange(6), np.eye(6, dtype=bool)
    same = likelihoods(features(OWN[2], seen_px(0.5)), landmarks, rows, alone)
    moved = likelihoods(features(OWN[2], rng.permutation(seen_px(0.5))), landmarks, rows, alone)
    assert same.llr_place.argmax() == moved.llr_place.argmax() == 2
    assert same.llr_inliers[2] > 3 * moved.llr_inliers[2]
    assert same.llr_inliers[2] > 0 == same.llr_inliers[[0, 1, 3, 4, 5]].max()


def test_a_map_of_one_place_does_not_take_anything_for_it():
    # Like descriptors of corners: short of anything else than chance, not far from one another.
    rng = np.random.default_rng(4)
    looks = rng.normal(80, 15, (6, 200, 128))
    landmarks = Landmarks.without_points([[features(one) for one in looks[:5]]], 1)
    rows, one_place = np.arange(5), np.ones((5, 5), dtype=bool)
    seen = looks[1] + rng.normal(0, 3, looks[1].shape)
    assert likelihoods(features(seen), landmarks, rows, one_place).llr_place.max() > 40
    assert likelihoods(features(looks[1]), landmarks, rows, one_place).llr_place.max() > 40
    assert likelihoods(features(looks[5]), landmarks, rows, one_place).llr_place.max() < 10


def test_what_is_enough_already_is_not_looked_at_closely(monkeypatch):
    landmarks, query = landmarks_of([0, 1, 2, 3, 4, 5]), features(OWN[2])
    rows, alone = np.arange(6), np.eye(6, dtype=bool)
    closely = likelihoods(query, landmarks, rows, alone)
    monkeypatch.setattr(DistanceRatioLikelihoods, 'llr_inliers', None)  # not to be called
    found = likelihoods(query, landmarks, rows, alone, enough=float(closely.llr_all_matches.max()))
    np.testing.assert_array_equal(found.llr_place, closely.llr_all_matches)
    assert found.llr_inliers.argmax() == 2


def evidence_of(keyframes: list[float]) -> PlaceLikelihoods:
    return PlaceLikelihoods(np.zeros(4), np.array(keyframes), np.array(keyframes))


def test_a_keyframe_of_the_place_leads_only_where_corners_clearly_say_so():
    members = np.array([3, 1, 0])
    evidence = evidence_of([17.5, 2.0, 99.0, 5.5])
    assert evidence.best_keyframe(members) == 3
    assert evidence.best_keyframe(members[:1]) == 3
    evidence = evidence_of([18.5, 2.0, 99.0, 5.5])
    assert evidence.best_keyframe(members) == 0


def layers_of(*fusion: tuple[float, float, float]) -> list[FeatureLayer]:
    bare = landmarks_of([0, 1]).layers[0]
    return [
        replace(bare, background_llr=background, llr_scale=scale, weight=weight)
        for background, scale, weight in fusion
    ]


def test_mix_of_one_kind_is_that_kind():
    llr = np.array([3.0, -1.0, 40.0])
    np.testing.assert_array_equal(mix_kinds([llr], layers_of((2.0, 5.0, 1.0))), llr)


def test_mix_of_kinds_follows_the_informative_one():
    layers = layers_of((10.0, 4.0, 0.5), (40.0, 16.0, 0.5))
    night = mix_kinds([np.array([8.0, 9.0]), np.array([200.0, 30.0])], layers)
    assert night[0] == pytest.approx(10 + 4 * (np.log(0.5) + 160 / 16), abs=1e-3)
    day = mix_kinds([np.array([60.0, 9.0]), np.array([30.0, 35.0])], layers)
    assert day[0] == pytest.approx(60 + 4 * np.log(0.5), abs=1e-3)


def test_mix_without_a_kind_is_a_lower_bound():
    layers = layers_of((10.0, 4.0, 0.7), (40.0, 16.0, 0.3))
    first = np.array([0.0, 12.0, 50.0])
    for second in (np.full(3, -5.0), np.full(3, 300.0)):
        assert (mix_kinds([first], layers) <= mix_kinds([first, second], layers)).all()
