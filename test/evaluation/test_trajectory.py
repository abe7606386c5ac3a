# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from avpr_ros.arrays import FloatArray
from avpr_ros.evaluation.metrics.trajectory import Alignment, associate, ate_rmse_m
from avpr_ros.pose_rows import compose, rows_of
from avpr_ros.poses import Pose


def bend(length_m: float, scale: float = 1.0) -> FloatArray:
    """A bend driven a metre a row, rows of poses; another scale drifts away from it."""
    way_m = np.arange(length_m)
    return rows_of(
        [Pose.from_xy_yaw(scale * s, 0.01 * scale * s**2, 0.02 * scale * s) for s in way_m]
    )


MOVE = np.array([3.0, -5.0, 1.0, 0.0, 0.0, np.sin(0.4), np.cos(0.4)])


def test_alignment_removes_rigid_motion_only() -> None:
    truth = bend(50.0)
    moved = compose(MOVE, truth)
    assert ate_rmse_m(truth, moved, 'none') > 3.0
    assert ate_rmse_m(truth, moved, 'first_pose') < 1e-9
    assert ate_rmse_m(truth, moved, 'se3') < 1e-9
    longer = truth.copy()
    longer[:, :3] *= 1.1
    assert ate_rmse_m(truth, longer, 'se3') > 0.5


@pytest.mark.parametrize('alignment', ['none', 'first_pose', 'se3'])
def test_figures_equal_those_of_evo(alignment: Alignment) -> None:
    metrics = pytest.importorskip('evo.core.metrics', reason='evo is not installed')
    trajectory = pytest.importorskip('evo.core.trajectory')
    truth, odometry = bend(100.0), compose(MOVE, bend(100.0, 1.05))
    stamps = np.arange(100.0)
    reference, estimate = (
        trajectory.PoseTrajectory3D(rows[:, :3], rows[:, [6, 3, 4, 5]], stamps)
        for rows in (truth, odometry)
    )
    if alignment == 'se3':
        estimate.align(reference)
    elif alignment == 'first_pose':
        estimate.align_origin(reference)
    ape = metrics.APE(metrics.PoseRelation.translation_part)
    ape.process_data((reference, estimate))
    expected = ape.get_statistic(metrics.StatisticsType.rmse)
    assert ate_rmse_m(truth, odometry, alignment) == pytest.approx(expected, rel=1e-6)


def test_association_uses_nearest_stamp() -> None:
    reference = np.array([0, 10, 20, 30])
    rows, own = associate(reference, np.array([-9, 1, 14, 16, 29, 99]), 5)
    np.testing.assert_array_equal(rows, [0, 1, 2, 3])
    np.testing.assert_array_equal(own, [1, 2, 3, 4])
