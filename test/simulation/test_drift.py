# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import itertools

import numpy as np
import pytest

from avpr_ros.poses import Pose
from simulation.drives.drift import WHEELS, Drift, with_drift

#: A hundred metres north, a pose every metre, somewhere in the map.
TRUTH = [Pose.from_xy_yaw(50.0, 20.0 + k, np.pi / 2) for k in range(101)]


def test_without_errors_it_is_the_truth_seen_from_its_start() -> None:
    odometry = with_drift(TRUTH, Drift(1.0, 0.0, 0.0), np.random.default_rng(0))
    assert len(odometry) == len(TRUTH)
    for k, pose in enumerate(odometry):
        assert np.allclose(pose.translation_m, [k, 0.0, 0.0])
        assert pose.yaw_rad() == pytest.approx(0.0)


def test_drift_systematic_error_grows_with_distance() -> None:
    odometry = with_drift(TRUTH, Drift(1.02, 0.1, 0.0), np.random.default_rng(0))
    assert odometry[-1].yaw_rad() == pytest.approx(np.deg2rad(10.0))
    assert odometry[50].yaw_rad() == pytest.approx(np.deg2rad(5.0))
    ways_m = [a.distance_m(b) for a, b in itertools.pairwise(odometry)]
    assert np.allclose(ways_m, 1.02)


def test_drift_heading_noise_grows_with_root_of_distance() -> None:
    ends = [
        with_drift(TRUTH, Drift(1.0, 0.0, 0.5), np.random.default_rng(seed))[-1].yaw_rad()
        for seed in range(60)
    ]
    assert np.rad2deg(np.std(ends)) == pytest.approx(5.0, rel=0.3)


def test_drift_text_has_parameters() -> None:
    assert str(WHEELS).startswith('1.5 % too long, a heading that creeps by 0.03 degrees a metre')
