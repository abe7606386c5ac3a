# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from avpr_ros.localization.temporal.running_mean import RunningMean


def test_the_maps_mean_gives_way_to_that_of_the_drive():
    start = np.zeros(3)
    mean = RunningMean(start, images=20.0, memory=200.0)
    mean.update(np.full(3, 21.0), new=1.0)
    np.testing.assert_allclose(mean.value, 1.0)
    for _ in range(2000):
        mean.update(np.full(3, 21.0), new=1.0)
    np.testing.assert_allclose(mean.value, 21.0, rtol=1e-3)
    np.testing.assert_array_equal(start, 0.0)


@pytest.mark.parametrize('new', [0.0, 0.25])
def test_a_view_counts_as_far_as_it_is_new(new):
    mean = RunningMean(np.zeros(1), images=20.0, memory=200.0)
    mean.update(np.array([81.0]), new)
    np.testing.assert_allclose(mean.value, 81.0 * new / (20.0 + new))


def test_outlier_counts_as_if_it_were_within_reach():
    mean = RunningMean(np.zeros(2), images=9.0, memory=200.0, reach=2.0)
    mean.update(np.array([300.0, 400.0]), new=1.0)
    np.testing.assert_allclose(mean.value, [0.12, 0.16])
