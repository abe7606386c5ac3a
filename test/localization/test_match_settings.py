# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math

import pytest

from avpr_ros.errors import ConfigError
from avpr_ros.localization.settings import MatchSettings, setting_infos, settings_table


@pytest.mark.parametrize(
    'values',
    [
        {'top_k': 0},
        {'top_k': None},
        {'min_probability': 1.0},
        {'cool_down_s': -1.0},
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


def test_every_setting_has_a_description_limits_and_a_line_in_the_table():
    table = settings_table()
    for name, info in setting_infos().items():
        default = getattr(MatchSettings, name)
        assert info.description.endswith('.')
        assert info.problem(default) is None
        assert info.choices or isinstance(default, bool) or info.low is not None
        assert (default is None) == bool(info.none_means) == (info.none_as is not None)
        assert not name.endswith(('_s', '_m', '_rad')) or info.unit
        assert f'| `{name}` | `{default!r}` |' in table
