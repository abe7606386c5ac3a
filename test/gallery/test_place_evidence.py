# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from avpr_ros.gallery.evidence import (
    clearest,
    clearly_shown,
    most_shown,
    nearest_distances,
    place_evidence,
)
from avpr_ros.gallery.evidence_threshold import evidence_threshold, played_outsiders
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


def weigh(query: Features, landmarks: Landmarks, rows: np.ndarray, same: np.ndarray) -> np.ndarray:
    return place_evidence(nearest_distances(query, landmarks, rows), same)


def landmarks_of(common: np.ndarray, own: np.ndarray) -> Landmarks:
    return Landmarks.without_points([features(np.concatenate([common, one])) for one in own], 1)


def test_a_places_own_corners_speak_for_it_and_common_ones_for_nobody(places):
    common, own = places
    landmarks = landmarks_of(common, own)
    rows, alone = np.arange(6), np.eye(6, dtype=bool)
    seen = weigh(features(np.concatenate([common, own[2]])), landmarks, rows, alone)
    assert seen.argmax() == 2
    assert seen[2] > 50
    nothing = weigh(features(common), landmarks, rows, alone)
    assert np.abs(nothing).max() < 1e-6


def test_keyframes_of_one_place_do_not_speak_against_each_other(places):
    common, own = places
    landmarks = landmarks_of(common, own[[0, 0, 1, 2]])
    rows = np.arange(4)
    apart = np.eye(4, dtype=bool)
    together = apart.copy()
    together[:2, :2] = True
    query = features(own[0])
    assert weigh(query, landmarks, rows, together)[0] > 50
    assert weigh(query, landmarks, rows, apart)[0] < 1


def test_without_features_there_is_no_evidence(places):
    empty = Landmarks.without_points([features(np.zeros((0, 128)))] * 3, 1)
    rows, alone = np.arange(3), np.eye(3, dtype=bool)
    assert not weigh(features(places[0]), empty, rows, alone).any()
    full = landmarks_of(*places)
    assert not weigh(features(np.zeros((0, 128))), full, rows, alone).any()


def drive(count: int, step_m: float) -> Keyframes:
    poses = np.array([[step_m * i, 0, 0, 0, 0, 0, 1] for i in range(count)])
    zeros = np.zeros(count, np.int32)
    return Keyframes(np.arange(count), np.arange(count), zeros, zeros, poses)


def test_the_threshold_is_above_what_a_place_outside_the_map_gets(places):
    common, own = places
    landmarks = landmarks_of(common, own)
    played = played_outsiders(landmarks, np.eye(6, dtype=np.float16), drive(6, 20.0), 4.0)
    assert len(played.rows) == 6
    threshold = evidence_threshold(played.evidence)
    assert threshold >= 15
    rng = np.random.default_rng(5)
    foreign = features(np.concatenate([common, rng.integers(0, 120, (30, 128))]))
    got = weigh(foreign, landmarks, np.arange(6), np.eye(6, dtype=bool)).max()
    assert got < threshold


def test_what_lies_in_sight_of_a_keyframe_is_no_outsider(places):
    common, own = places
    # The same corners in two keyframes 8 m apart: places of their own, and one view.
    landmarks = landmarks_of(common, own[[0, 0, 1, 2, 3, 4]])
    keyframes = drive(6, 8.0)
    played = played_outsiders(landmarks, np.eye(6, dtype=np.float16), keyframes, 1.9)
    assert evidence_threshold(played.evidence) > 50  # in sight ends before
    played = played_outsiders(landmarks, np.eye(6, dtype=np.float16), keyframes, 3.0)
    assert evidence_threshold(played.evidence) == 40  # too few to know


def test_outsiders_that_lead_on_gather_evidence(places):
    common, own = places
    # A second drive, out of sight, past the same three places.
    landmarks = landmarks_of(common, own[[0, 1, 2, 3, 0, 1, 2, 3]])
    keyframes = drive(8, 5.0)
    keyframes.poses[4:, 1] = 1000.0
    played = played_outsiders(landmarks, np.eye(8, dtype=np.float16), keyframes, 5.0)
    assert ((played.rows < 4) == (played.found >= 4)).all()
    assert played.carried[3] > 3.5 * played.evidence[3]
    assert played.carried[4] == played.evidence[4]  # a kilometre from the one before


def test_the_tail_reaches_beyond_those_that_were_played():
    rng = np.random.default_rng(0)
    many = rng.exponential(4.0, 100_000)
    few = evidence_threshold(many[:480])
    assert few > many[:480].max()
    assert few == pytest.approx(np.quantile(many, 0.9999), rel=0.25)
    assert evidence_threshold(np.zeros(0)) == 40
    assert evidence_threshold(np.zeros(60)) == 15
    assert evidence_threshold(np.zeros(59)) == 40


def test_a_keyframe_of_the_place_leads_only_where_corners_clearly_say_so(places):
    common, own = places
    rng = np.random.default_rng(1)
    landmarks = landmarks_of(common, own[[0, 1, 2]])
    query = features(np.concatenate([common, own[1]]))
    assert clearest(nearest_distances(query, landmarks, np.arange(3))) == 1
    same = 200.0 + rng.normal(0, 10, (3, 70))
    assert clearest(same) == 0
    assert clearest(same[:1]) == 0


def test_a_keyframe_is_clear_only_if_it_is_so_against_every_rival():
    rng = np.random.default_rng(2)
    nearest = 200.0 + rng.normal(0, 10, (4, 70))
    nearest[2] -= 60.0
    assert most_shown(nearest) == 2
    assert clearly_shown(nearest, 2, np.array([0, 1, 3]))
    nearest[3] = nearest[2] + rng.normal(0, 10, 70)
    assert not clearly_shown(nearest, 2, np.array([0, 1, 3]))
    assert clearly_shown(nearest, 2, np.array([0, 1]))
