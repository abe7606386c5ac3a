# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Ten thousand decisions on input that nobody should send: none raises, none is nonsense."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from avpr_ros.gallery.calibration import Calibration, ScoreModel
from avpr_ros.localization.matcher import Matcher
from avpr_ros.localization.query import Query
from avpr_ros.localization.result import Reason
from avpr_ros.localization.settings import MatchSettings
from avpr_ros.poses import Pose

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings('error::RuntimeWarning')]

DIM = 6
CALIBRATIONS = (
    None,
    Calibration(-1.0),
    Calibration(0.5, {}, ScoreModel(0.0, 0.0, 0.0)),
    Calibration(0.5, {}, ScoreModel(1e308, 1e308, 1e308)),
    Calibration(0.5, {}, ScoreModel(-3.0, 6.0, 6.0)),
    Calibration(
        0.5,
        {'revisits': 90, 'foreign': 90, 'revisits_right_share': 0.9, 'foreign_likely_share': 0.0},
        ScoreModel(-3.0, 6.0, 6.0),
    ),
    Calibration(0.5, {'revisits': 9, 'foreign': 90, 'foreign_likely_share': 1.0}),
    Calibration(0.5, standardized=Calibration(0.2, {}, ScoreModel(-3.0, 6.0, 6.0))),
)
NUMBERS = np.array([0.0, np.nan, np.inf, -np.inf, 1e38, 1e-38, -1.0])


def rows_of(kind: str, rng: np.random.Generator) -> np.ndarray:
    rows = rng.normal(size=({'one': 1, 'equal': 12}.get(kind, 40), DIM))
    if kind == 'equal':
        rows[:] = rows[0]
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows.astype(np.float32)


def random_query(rows: np.ndarray, rng: np.random.Generator) -> Query:
    descriptor = rows[rng.integers(len(rows))] + rng.choice([0.0, 0.3]) * rng.normal(size=DIM)
    descriptor = descriptor / np.linalg.norm(descriptor)
    if rng.random() < 0.3:
        descriptor[rng.integers(DIM)] = rng.choice(NUMBERS)
    position = rng.choice(np.append(NUMBERS, rng.normal(size=5)), size=3)
    odometry = None if rng.random() < 0.3 else Pose(position, Rotation.random(random_state=1))
    stamp_ns = int(rng.choice([0, 10**9 * rng.integers(30), 2**62]))
    camera = str(rng.choice(['front', 'other']))
    return Query(descriptor, stamp_ns, camera, odom_from_base=odometry)


def assert_sound(result, query: Query, settings: MatchSettings, count: int) -> None:
    assert (result.estimate is not None) == (result.reason is Reason.ACCEPTED)
    assert result.text
    for candidate in result.candidates:
        assert math.isfinite(candidate.similarity)
        assert math.isfinite(candidate.ratio)
        assert candidate.probability is None or 0.0 <= candidate.probability <= 1.0
    if result.estimate is None:
        return
    assert count > 1
    assert np.isfinite(query.descriptor).all()
    assert query.odom_from_base is None or query.odom_from_base.finite
    covariance, pose = result.estimate.covariance, result.estimate.map_from_base
    assert np.isfinite(pose.as_xyz_quaternion()).all()
    assert np.isfinite(covariance).all()
    assert (np.diag(covariance) > 0).all()
    assert (covariance == np.diag(np.diag(covariance))).all()
    if settings.temporal_filter != 'bayes':
        best = result.candidates[0]
        assert best.similarity > 0
        assert best.ratio == 0.0 or best.ratio >= settings.min_ratio - 1e-9
        assert best.probability is None or best.probability >= settings.min_probability


@pytest.mark.parametrize('kind', ['one', 'equal', 'far', 'mixed'])
def test_ten_thousand_decisions(make_gallery, kind):
    rng = np.random.default_rng(7)
    rows = rows_of(kind, rng)
    reach = 1e6 if kind == 'far' else 20.0
    poses = [Pose.from_xy_yaw(*(reach * rng.normal(size=2)), rng.normal()) for _ in rows]
    gallery = make_gallery(rows, poses)
    for number in range(25):
        settings = MatchSettings(
            temporal_filter=('none', 'consistency', 'consistency', 'none', 'bayes')[number % 5],
            min_ratio=float(rng.choice([1.0, 1.05])),
            cool_down_s=float(rng.choice([0.0, 5.0])),
        )
        matcher = Matcher(gallery, CALIBRATIONS[number // 5], settings)
        accepted = 0
        for _ in range(100):
            query = random_query(rows, rng)
            result = matcher.match(query)
            assert_sound(result, query, settings, len(rows))
            accepted += result.accepted
        assert kind not in ('one', 'equal') or not accepted
