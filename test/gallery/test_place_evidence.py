# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from avpr_ros.gallery.evidence import place_evidence
from avpr_ros.gallery.evidence_threshold import evidence_threshold
from avpr_ros.gallery.features import Features
from avpr_ros.gallery.keyframes import Keyframes
from avpr_ros.gallery.landmarks import Landmarks


def features(looks: np.ndarray) -> Features:
    return Features(np.zeros((len(looks), 2), np.float32), looks.astype(np.uint8))


@pytest.fixture
def places() -> tuple[np.ndarray, np.ndarray]:
    """Corners that every place has, and those of six places alone."""
    rng = np.random.default_rng(0)
    return rng.integers(0, 120, (40, 128)), rng.integers(0, 120, (6, 30, 128))


def landmarks_of(common: np.ndarray, own: np.ndarray) -> Landmarks:
    return Landmarks.without_points([features(np.concatenate([common, one])) for one in own], 1)


def test_a_places_own_corners_speak_for_it_and_common_ones_for_nobody(places):
    common, own = places
    landmarks = landmarks_of(common, own)
    rows, alone = np.arange(6), np.eye(6, dtype=bool)
    seen = place_evidence(features(np.concatenate([common, own[2]])), landmarks, rows, alone)
    assert seen.argmax() == 2
    assert seen[2] > 50
    nothing = place_evidence(features(common), landmarks, rows, alone)
    assert np.abs(nothing).max() < 1e-6


def test_keyframes_of_one_place_do_not_speak_against_each_other(places):
    common, own = places
    landmarks = landmarks_of(common, own[[0, 0, 1, 2]])
    rows = np.arange(4)
    apart = np.eye(4, dtype=bool)
    together = apart.copy()
    together[:2, :2] = True
    query = features(own[0])
    assert place_evidence(query, landmarks, rows, together)[0] > 50
    assert place_evidence(query, landmarks, rows, apart)[0] < 1


def test_without_features_there_is_no_evidence(places):
    empty = Landmarks.without_points([features(np.zeros((0, 128)))] * 3, 1)
    rows, alone = np.arange(3), np.eye(3, dtype=bool)
    assert not place_evidence(features(places[0]), empty, rows, alone).any()
    full = landmarks_of(*places)
    assert not place_evidence(features(np.zeros((0, 128))), full, rows, alone).any()


def test_the_threshold_is_above_what_a_place_outside_the_map_gets(places):
    common, own = places
    landmarks = landmarks_of(common, own)
    poses = np.array([[20.0 * i, 0, 0, 0, 0, 0, 1] for i in range(6)])
    zeros = np.zeros(6, np.int32)
    keyframes = Keyframes(np.arange(6), np.arange(6), zeros, zeros, poses)
    threshold = evidence_threshold(landmarks, np.eye(6, dtype=np.float16), keyframes, 5.0)
    assert threshold >= 15
    rng = np.random.default_rng(5)
    foreign = features(np.concatenate([common, rng.integers(0, 120, (30, 128))]))
    got = place_evidence(foreign, landmarks, np.arange(6), np.eye(6, dtype=bool)).max()
    assert got < threshold
