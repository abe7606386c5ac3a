# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from avpr_ros.gallery.calibration import Calibration
from avpr_ros.localization.matcher import Matcher
from avpr_ros.localization.query import Query
from avpr_ros.localization.settings import MatchSettings
from avpr_ros.poses import Pose


def _sigmas(gallery, query, **settings):
    matcher = Matcher(gallery, Calibration(0.1), MatchSettings(temporal_filter='none', **settings))
    result = matcher.match(Query(query / np.linalg.norm(query), 0, 'front'))
    assert result.accepted, result.text
    return np.sqrt(np.diag(result.estimate.covariance))


def test_a_lone_keyframe_is_uncertain_by_half_the_spacing(gallery):
    sigmas = _sigmas(gallery, np.eye(32)[7])
    np.testing.assert_allclose(sigmas, [0.5, 0.5, 0.25, 0.05, 0.05, np.radians(7.5)])


def test_the_spread_of_those_that_agree_counts(make_gallery):
    poses = [Pose.from_xy_yaw(0, 0, 0), Pose.from_xy_yaw(3, 4, 0.6)]
    poses += [Pose.from_xy_yaw(99 + i / 10, 0, 0) for i in range(4)]
    gallery = make_gallery(np.eye(6, dtype=np.float32), poses)
    sigmas = _sigmas(gallery, np.array([1.001, 1.0, 0, 0, 0, 0]), distinct_radius_m=10.0)
    # Equal weights: half of 5 m squared in the plane, halved again for each axis.
    np.testing.assert_allclose(sigmas[:2], 2.5, rtol=1e-2)
    assert sigmas[5] == pytest.approx(np.sqrt(0.36 / 2), rel=1e-2)


def test_scales_and_floors_apply(gallery):
    sigmas = _sigmas(
        gallery,
        np.eye(32)[7],
        position_covariance_scale=3.0,
        yaw_covariance_scale=2.0,
        min_sigma_xy_m=0.75,
        min_sigma_z_m=0.1,
        min_sigma_yaw_rad=0.3,
        sigma_roll_pitch_rad=0.01,
    )
    np.testing.assert_allclose(sigmas, [2.25, 2.25, 0.3, 0.01, 0.01, 0.6])
