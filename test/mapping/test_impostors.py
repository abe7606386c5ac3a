# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest
from synthetic_features import COMMON, features, landmarks_of

from avpr_ros.gallery.keyframes import Keyframes
from avpr_ros.mapping.impostors import extreme_value_threshold, score_impostors
from avpr_ros.verification.place_likelihood import place_log_likelihood_ratios


def drive(count: int, step_m: float) -> Keyframes:
    poses = np.array([[step_m * i, 0, 0, 0, 0, 0, 1] for i in range(count)])
    zeros = np.zeros(count, np.int32)
    return Keyframes(np.arange(count), np.arange(count), zeros, zeros, poses)


def test_extreme_value_threshold_is_above_the_llr_of_a_place_outside_the_map():
    landmarks = landmarks_of([0, 1, 2, 3, 4, 5])
    scores = score_impostors(landmarks, np.eye(6, dtype=np.float16), drive(6, 20.0), 4.0)
    assert len(scores.rows) == 6
    rng = np.random.default_rng(5)
    foreign = features(np.concatenate([COMMON, rng.integers(0, 120, (30, 128))]))
    got = place_log_likelihood_ratios(
        [foreign], landmarks.layers, np.arange(6), np.eye(6, dtype=bool)
    ).llr_place.max()
    assert got < extreme_value_threshold(scores.llr)


def test_score_impostors_leaves_out_keyframes_in_sight():
    # The same features in two keyframes 8 m apart: places of their own, and one view.
    landmarks = landmarks_of([0, 0, 1, 2, 3, 4])
    keyframes = drive(6, 8.0)
    scores = score_impostors(landmarks, np.eye(6, dtype=np.float16), keyframes, 1.9)
    assert scores.llr.max() > 20  # the line of sight ends before
    scores = score_impostors(landmarks, np.eye(6, dtype=np.float16), keyframes, 3.0)
    assert not len(scores.llr) or scores.llr.max() < 20
    assert scores.background_llr == 3  # too few to know


def test_score_impostors_along_a_sequence_accumulates_llr():
    # A second drive, out of sight, past the same three places.
    landmarks = landmarks_of([0, 1, 2, 3, 0, 1, 2, 3])
    keyframes = drive(8, 5.0)
    keyframes.poses[4:, 1] = 1000.0
    scores = score_impostors(landmarks, np.eye(8, dtype=np.float16), keyframes, 5.0)
    assert ((scores.rows < 4) == (scores.matched_rows >= 4)).all()
    excess = scores.llr - scores.background_llr
    assert scores.accumulated_llr[3] == pytest.approx(excess[:4].sum())
    assert scores.accumulated_llr[4] == pytest.approx(excess[4])  # a kilometre from the one before
    assert scores.most_confusable_pairs(1)[0][2] == scores.llr.max()
