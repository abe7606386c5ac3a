# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math

import pytest

from avpr_ros.gallery.calibration import Calibration, ScoreDiscriminability, ScoreModel

#: What a railway filmed in two seasons, and a corridor walked twice, gave.
WINTER = {
    'revisits': 160,
    'keyframes_asked': 160,
    'foreign': 160,
    'revisits_right_share': 0.1,
    'revisits_wrong_share': 0.16,
    'foreign_likely_share': 0.21,
}
CORRIDOR = {
    'revisits': 160,
    'keyframes_asked': 111,
    'foreign': 160,
    'revisits_right_share': 0.72,
    'revisits_wrong_share': 0.01,
    'foreign_likely_share': 0.2,
}


def test_scores_that_outsiders_reach_as_well_are_not_enough():
    power = ScoreDiscriminability.from_statistics(WINTER)
    assert not power.enough
    assert power.odds < 0.3
    assert '10% pass at a right and 16% at a wrong keyframe, of places outside 21% pass' in str(
        power
    )
    assert ScoreDiscriminability.from_statistics(CORRIDOR).enough


def test_few_keyframes_show_less_than_many():
    odds = [
        ScoreDiscriminability.from_statistics({**CORRIDOR, 'keyframes_asked': n}).odds
        for n in (10, 111, 10**6)
    ]
    assert odds == sorted(odds)
    assert odds[0] < 1
    assert odds[2] == pytest.approx(0.72 / 0.21, rel=0.01)


def test_shares_of_nothing_and_of_all_stay_numbers():
    for right, foreign in ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0)):
        odds = ScoreDiscriminability(right, 0.0, foreign, 50).odds
        assert math.isfinite(odds)
        assert odds >= 0
    assert ScoreDiscriminability(1.0, 0.0, 0.0, 50).enough
    assert not ScoreDiscriminability(0.0, 0.0, 0.0, 50).enough


def test_calibrations_of_before_are_judged_by_what_they_kept():
    with_model = {'revisits': 160, 'foreign': 160, 'revisits_likely_share': 0.26}
    assert not ScoreDiscriminability.from_statistics(
        {**with_model, 'foreign_likely_share': 0.21}
    ).enough
    threshold = {'revisits': 160, 'foreign': 160, 'foreign_accepted_share': 0.05}
    assert not ScoreDiscriminability.from_statistics(
        {**threshold, 'revisits_accepted_share': 0.02}
    ).enough
    assert ScoreDiscriminability.from_statistics(
        {**threshold, 'revisits_accepted_share': 0.9}
    ).enough


@pytest.mark.parametrize(
    'evidence',
    [
        {},
        {**CORRIDOR, 'foreign': 10},
        {**CORRIDOR, 'revisits_right_share': 'much'},
        {'foreign': 99},
    ],
)
def test_where_the_map_shows_nothing_nothing_is_said(evidence):
    assert ScoreDiscriminability.from_statistics(evidence) is None


def test_a_calibration_says_what_passes():
    model = ScoreModel(-5.0, 10.0, 0.0)
    assert Calibration(0.9, {}, model).passes(0.51, 0.0)
    assert not Calibration(0.1, {}, model).passes(0.49, 0.0)
    assert Calibration(0.9).passes(0.9, 0.0)
    assert not Calibration(0.9).passes(math.nan, 0.0)
