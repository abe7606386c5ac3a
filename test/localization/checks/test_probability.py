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

SCORE = ScoreModel(bias=-5.0, similarity=5.0, margin=5.0)
#: A threshold that nothing reaches: where a probability is known it must not be asked.
CALIBRATION = Calibration(0.999, {}, SCORE)


def matched(gallery, best: float, other: float, **settings):
    query = np.zeros(32, np.float32)
    query[3], query[15] = best, other
    query[31] = math.sqrt(1 - best**2 - other**2)
    matcher = Matcher(gallery, CALIBRATION, MatchSettings(temporal_filter='none', **settings))
    return matcher.match(Query(query, 0, 'front'))


def test_similarity_and_margin_make_the_probability_that_decides(gallery):
    result = matched(gallery, 0.8, 0.1)
    assert result.accepted
    assert result.candidates[0].probability == pytest.approx(SCORE.probability(0.8, 0.7))
    assert result.candidates[1].probability == pytest.approx(SCORE.probability(0.1, -0.7))
    assert result.candidates[0].ratio == pytest.approx(8.0)
    unsure = matched(gallery, 0.6, 0.4)
    assert unsure.reason is Reason.LOW_PROBABILITY
    assert 'probability 0.27 is below 0.50' in unsure.text
    assert matched(gallery, 0.6, 0.4, min_probability=0.2).accepted


def test_a_given_threshold_replaces_the_probability(gallery):
    assert matched(gallery, 0.6, 0.4, min_similarity=0.5).accepted
    assert matched(gallery, 0.8, 0.1, min_similarity=0.9).reason is Reason.LOW_SIMILARITY


@pytest.mark.parametrize('score', [math.nan, math.inf, -math.inf, 1e300, -1e300])
def test_senseless_scores_are_no_probability(score):
    assert 0.0 <= SCORE.probability(score, 0.0) <= 1.0
    assert SCORE.probability(math.nan, score) == 0.0
