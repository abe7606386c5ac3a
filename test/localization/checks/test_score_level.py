# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math

import numpy as np
import pytest

from avpr_ros.gallery.calibration import Calibration, ScoreModel
from avpr_ros.localization.matcher import Matcher
from avpr_ros.localization.query import Query
from avpr_ros.localization.result import Reason
from avpr_ros.localization.settings import MatchSettings

SECOND_NS = 10**9
EVIDENCE = {
    'revisits': 160,
    'keyframes_asked': 160,
    'foreign': 160,
    'revisits_right_share': 0.8,
    'revisits_wrong_share': 0.02,
    'foreign_likely_share': 0.1,
}
WEAK = {**EVIDENCE, 'revisits_right_share': 0.1, 'foreign_likely_share': 0.2}
SCORE = ScoreModel(bias=-5.0, similarity=10.0, margin=0.0)


def matcher_of(gallery, evidence, **settings) -> Matcher:
    calibration = Calibration(0.5, evidence, SCORE)
    return Matcher(gallery, calibration, MatchSettings(temporal_filter='none', **settings))


def seen(matcher: Matcher, similarity: float, second: int, camera: str = 'front'):
    """Match an image that looks this much like keyframe 3, and like no other."""
    descriptor = np.zeros(32, np.float32)
    descriptor[3], descriptor[31] = similarity, math.sqrt(1 - similarity**2)
    return matcher.match(Query(descriptor, second * SECOND_NS, camera))


def test_scores_without_power_accept_nothing_and_say_so(gallery):
    matcher = matcher_of(gallery, WEAK)
    result = seen(matcher, 0.95, 0)
    assert result.reason is Reason.SCORES_UNINFORMATIVE
    assert 'of places outside 20% pass' in result.text
    assert "set temporal_filter to 'bayes'" in matcher.calibration_warning
    assert matcher_of(gallery, EVIDENCE).calibration_warning is None


def test_a_threshold_of_the_users_own_and_the_filter_do_without_the_calibration(gallery):
    for settings in ({'min_similarity': 0.6}, {'temporal_filter': 'bayes'}):
        chosen = {'temporal_filter': 'none', **settings}
        matcher = Matcher(gallery, Calibration(0.5, WEAK, SCORE), MatchSettings(**chosen))
        assert matcher.calibration_warning is None
        assert seen(matcher, 0.95, 0).reason is not Reason.SCORES_UNINFORMATIVE


def test_a_drive_that_scores_like_outsiders_is_refused_when_one_image_passes(gallery):
    matcher = matcher_of(gallery, EVIDENCE)
    assert seen(matcher, 0.9, 0).accepted
    for second in range(1, 40):
        assert seen(matcher, 0.2, second).reason is Reason.LOW_PROBABILITY
    assert "camera 'front' score like places outside the map" in matcher.runtime_warning
    lucky = seen(matcher, 0.6, 40)
    assert lucky.reason is Reason.OUT_OF_MAP
    assert 'keep driving' in lucky.text
    assert matcher.runtime_warning is None


@pytest.mark.parametrize(('similarity', 'accepted'), [(0.6, [0, 1, 1]), (0.95, [1, 1, 1])])
def test_back_in_the_map_two_images_suffice_or_one_without_doubt(gallery, similarity, accepted):
    matcher = matcher_of(gallery, EVIDENCE)
    for second in range(30):
        seen(matcher, 0.2, second)
    assert [seen(matcher, similarity, 30 + i).accepted for i in range(3)] == accepted


def test_without_a_probability_the_threshold_decides_what_passes(gallery):
    evidence = {**EVIDENCE, 'revisits_right_share': 0.5, 'foreign_likely_share': 0.2}
    matcher = Matcher(gallery, Calibration(0.5, evidence), MatchSettings(temporal_filter='none'))
    for second in range(30):
        seen(matcher, 0.2, second)
    assert [seen(matcher, 0.95, 30 + i).accepted for i in range(3)] == [False, True, True]


def test_now_and_then_an_image_that_fails_changes_nothing(gallery):
    matcher = matcher_of(gallery, EVIDENCE)
    results = [seen(matcher, 0.2 if i % 4 == 3 else 0.9, i) for i in range(80)]
    assert all(r.accepted == (i % 4 != 3) for i, r in enumerate(results))
    assert matcher.runtime_warning is None


def test_cameras_are_weighed_apart_and_forgotten_together(gallery):
    matcher = matcher_of(gallery, EVIDENCE)
    for second in range(30):
        seen(matcher, 0.2, second, 'left')
    assert seen(matcher, 0.6, 30, 'right').accepted
    assert seen(matcher, 0.6, 30, 'left').reason is Reason.OUT_OF_MAP
    matcher.forget()
    assert seen(matcher, 0.6, 31, 'left').accepted


@pytest.mark.parametrize('right', [0.0, 0.5, 0.98, 1.0, -3.0])
def test_any_shares_give_finite_odds(gallery, right):
    matcher = matcher_of(gallery, {**EVIDENCE, 'revisits_right_share': right})
    for second in range(5):
        assert seen(matcher, 0.9, second).reason in Reason


def test_a_long_drive_elsewhere_costs_the_next_place_few_images(gallery):
    start, carried = matcher_of(gallery, EVIDENCE), matcher_of(gallery, EVIDENCE)
    for second in range(300):
        seen(carried, 0.1, second)
    needed = []
    for matcher in (start, carried):
        images = (seen(matcher, 0.7, 300 + second).accepted for second in range(20))
        needed.append(next(count for count, accepted in enumerate(images, 1) if accepted))
    assert needed[1] <= needed[0] + 2
