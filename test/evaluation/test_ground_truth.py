# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math

import numpy as np
import pytest

from avpr_ros.errors import ConfigError
from avpr_ros.evaluation.metrics.ground_truth import GroundTruth, ViewPoses


def _views(positions_m, degrees=None) -> ViewPoses:
    degrees = [np.nan] * len(positions_m) if degrees is None else degrees
    return ViewPoses(np.array(positions_m, dtype=np.float64), np.radians(degrees))


def test_the_radius_itself_is_right():
    gallery = _views([[0, 0], [20, 15], [20.1, 15]])
    assert GroundTruth().positives(_views([[0, 0]]), gallery) == [{0, 1}]


def test_ground_truth_opposite_heading_is_wrong():
    gallery = _views([[0, 0]] * 4, [350, 50, 51, 190])
    truth = GroundTruth(max_angle_rad=math.radians(40))
    # 10 degrees to 350 is 20 apart, to 50 is 40: still right
    assert truth.positives(_views([[1, 0]], [10]), gallery) == [{0, 1}]
    assert str(truth) == 'within 25 m and 40 deg'


def test_frames_near_in_number_are_right_whatever_their_positions():
    truth = GroundTruth(tolerance_frames=1)
    nowhere = _views([[np.nan, np.nan]] * 4)
    assert truth.positives(nowhere, nowhere) == [{0, 1}, {0, 1, 2}, {1, 2, 3}, {2, 3}]
    with pytest.raises(ConfigError, match='4 queries and 3 gallery images'):
        truth.positives(nowhere, _views([[0, 0]] * 3))


def test_headings_that_are_not_known_are_not_guessed():
    truth = GroundTruth(max_angle_rad=1.0)
    with pytest.raises(ConfigError, match='a gallery image has no heading'):
        truth.positives(_views([[0, 0]], [0]), _views([[0, 0]]))


@pytest.mark.parametrize(
    'values',
    [
        {'radius_m': 0.0},
        {'radius_m': math.nan},
        {'max_angle_rad': 0.0},
        {'max_angle_rad': 4.0},
        {'tolerance_frames': -1},
        {'tolerance_frames': 1, 'max_angle_rad': 1.0},
    ],
)
def test_ground_truth_invalid_settings_are_rejected(values):
    with pytest.raises(ConfigError):
        GroundTruth(**values)
