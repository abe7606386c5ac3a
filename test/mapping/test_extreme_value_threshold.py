# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from avpr_ros.mapping.impostors import extreme_value_threshold


def test_extreme_value_threshold_of_many_extrapolates_the_tail():
    rng = np.random.default_rng(0)
    many = rng.exponential(4.0, 100_000)
    few = extreme_value_threshold(many[:480])
    assert few > many[:480].max()
    assert few == pytest.approx(np.quantile(many, 0.9999), rel=0.25)


def test_extreme_value_threshold_of_few_uses_a_longer_tail():
    rng = np.random.default_rng(1)
    truth = 4.0 * np.log(1e4)
    found = [extreme_value_threshold(rng.exponential(4.0, 100)) for _ in range(200)]
    assert np.std(found) < 0.25 * truth
    assert np.mean(found) == pytest.approx(truth, rel=0.1)


def test_extreme_value_threshold_of_too_few_is_the_lower_bound():
    assert extreme_value_threshold(np.zeros(60)) == 10
    assert extreme_value_threshold(np.zeros(59)) == 20
    assert extreme_value_threshold(np.zeros(0)) == 20
