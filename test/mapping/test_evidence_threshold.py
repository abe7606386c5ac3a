# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from avpr_ros.mapping.impostors import extreme_value_threshold


def test_the_tail_reaches_beyond_those_that_were_played():
    rng = np.random.default_rng(0)
    many = rng.exponential(4.0, 100_000)
    few = extreme_value_threshold(many[:480])
    assert few > many[:480].max()
    assert few == pytest.approx(np.quantile(many, 0.9999), rel=0.25)


def test_a_small_map_has_a_longer_tail_to_go_by():
    rng = np.random.default_rng(1)
    truth = 4.0 * np.log(1e4)
    found = [extreme_value_threshold(rng.exponential(4.0, 100)) for _ in range(200)]
    assert np.std(found) < 0.25 * truth
    assert np.mean(found) == pytest.approx(truth, rel=0.1)


def test_never_less_than_the_least_and_more_where_too_little_is_known():
    assert extreme_value_threshold(np.zeros(60)) == 10
    assert extreme_value_threshold(np.zeros(59)) == 20
    assert extreme_value_threshold(np.zeros(0)) == 20
