# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from avpr_ros.errors import ConfigError
from avpr_ros.evaluation.metrics.precision_recall import precision_recall


def _curve(scores, right, has_match=None):
    right = np.array(right, dtype=bool)
    known = np.ones_like(right) if has_match is None else np.array(has_match, dtype=bool)
    return precision_recall(np.array(scores, dtype=float), right, known)


def test_by_hand():
    curve = _curve([0.9, 0.8, 0.7, 0.6], [1, 1, 0, 1])
    assert curve.thresholds.tolist() == [0.9, 0.8, 0.7, 0.6]
    np.testing.assert_allclose(curve.precision, [1, 1, 2 / 3, 3 / 4])
    np.testing.assert_allclose(curve.recall, [1 / 4, 2 / 4, 2 / 4, 3 / 4])
    assert curve.area == pytest.approx(1 / 4 + 1 / 4 + 3 / 4 / 4)
    assert curve.recall_at_precision(1.0) == 0.5
    assert curve.recall_at_precision(0.75) == 0.75


def test_the_order_of_the_queries_does_not_matter():
    a = _curve([0.9, 0.8, 0.7, 0.6], [1, 1, 0, 1])
    b = _curve([0.6, 0.9, 0.7, 0.8], [1, 1, 0, 1])
    np.testing.assert_array_equal(a.precision, b.precision)
    np.testing.assert_array_equal(a.recall, b.recall)


def test_equal_scores_stand_or_fall_together():
    for right in ([1, 0], [0, 1]):
        curve = _curve([0.5, 0.5], right)
        assert curve.precision.tolist() == [0.5]
        assert curve.recall_at_precision(1.0) == 0.0


def test_recall_is_of_the_queries_that_have_a_match_and_others_count_as_wrong():
    curve = _curve([0.9, 0.8, -np.inf], [1, 0, 0], [1, 0, 1])
    np.testing.assert_allclose(curve.precision, [1, 1 / 2])
    np.testing.assert_allclose(curve.recall, [1 / 2, 1 / 2])


def test_one_wrong_match_on_top_leaves_no_recall_at_full_precision():
    assert _curve([0.9, 0.8, 0.7], [0, 1, 1]).recall_at_precision(1.0) == 0.0


def test_nothing_answered_gives_an_empty_curve():
    curve = _curve([-np.inf, -np.inf], [0, 0])
    assert curve.area == 0.0
    assert curve.recall_at_precision(1.0) == 0.0


@pytest.mark.parametrize(
    ('scores', 'right', 'has_match'),
    [([np.nan], [1], [1]), ([0.5], [0], [0]), ([0.5, 0.4], [1, 1], [1, 0])],
)
def test_undefined_metric_is_an_error(scores, right, has_match):
    with pytest.raises(ConfigError):
        _curve(scores, right, has_match)
