# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math

import pytest

from avpr_ros.errors import ConfigError
from avpr_ros.localization.settings import MatchSettings


@pytest.mark.parametrize(
    'values',
    [
        {'top_k': 0},
        {'min_similarity': 1.5},
        {'min_similarity': math.nan},
        {'min_ratio': 0.9},
        {'distinct_radius_m': 0.0},
        {'position_covariance_scale': 0.0},
        {'yaw_covariance_scale': math.inf},
        {'min_sigma_xy_m': -1.0},
        {'temporal_filter': 'seqslam'},
    ],
)
def test_values_out_of_range_are_named(values):
    with pytest.raises(ConfigError, match=next(iter(values))):
        MatchSettings(**values)
