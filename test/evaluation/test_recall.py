# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from avpr_ros.errors import ConfigError
from avpr_ros.evaluation.metrics.positives import positives_within
from avpr_ros.evaluation.metrics.recall import recall_at

RANKED = [np.array([3, 1, 2]), np.array([0, 5, 4]), np.array([7, 8, 9]), np.array([], int)]
RIGHT = [{3}, {4, 9}, set(), {1}]


def test_by_hand():
    assert recall_at(RANKED, RIGHT, 1, 'missed') == 1 / 4
    assert recall_at(RANKED, RIGHT, 1, 'left_out') == 1 / 3
    assert recall_at(RANKED, RIGHT, 2, 'missed') == 1 / 4
    assert recall_at(RANKED, RIGHT, 3, 'missed') == 2 / 4
    assert recall_at(RANKED, RIGHT, 3, 'left_out') == 2 / 3


@pytest.mark.parametrize(
    'arguments',
    [
        (RANKED, RIGHT[:2], 1, 'missed'),
        (RANKED, RIGHT, 0, 'missed'),
        ([], [], 1, 'missed'),
        (RANKED[2:3], RIGHT[2:3], 1, 'left_out'),
    ],
)
def test_undefined_metric_is_an_error(arguments):
    with pytest.raises(ConfigError):
        recall_at(*arguments)


def test_positives_include_the_radius_itself():
    gallery = np.array([[x, 0.0, 0.0] for x in (0.0, 5.0, 5.1)])
    queries = np.array([[0.0, 0.0, 0.0], [0.0, 0.0, 50.0]])
    assert positives_within(queries, gallery, 5.0) == [frozenset({0, 1}), frozenset()]
