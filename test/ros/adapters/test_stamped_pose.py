# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from match_stream import fix_at, message_of
import numpy as np
import pytest

from avpr_ros.poses import Pose
from avpr_ros.ros.common.stamped_pose import (
    MinimumSigmas,
    fix_from_message,
    fix_to_message,
    planar,
)

UNIT = [1.0, 2.0, 3.0, 0.0, 0.0, 0.0, 1.0]


def test_fix_message_round_trip() -> None:
    fix = fix_at(1.0, 2.0, y_m=3.0, yaw_rad=-1.0)
    back = fix_from_message(fix_to_message(fix))
    assert (back.stamp_ns, back.frame_id) == (fix.stamp_ns, 'map')
    np.testing.assert_allclose(back.pose.as_xyz_quaternion(), fix.pose.as_xyz_quaternion())
    np.testing.assert_allclose(back.variances, fix.variances)


def test_fix_from_message_keeps_variances_only() -> None:
    covariance = np.eye(6) - 0.1
    message = fix_to_message(fix_from_message(message_of(0.0, UNIT, covariance)))
    np.testing.assert_array_equal(
        np.array(message.pose.covariance).reshape(6, 6), np.eye(6) * np.diag(covariance)
    )


@pytest.mark.parametrize(
    ('row', 'covariance', 'frame', 'text'),
    [
        (UNIT, np.eye(6), '', 'no frame'),
        ([np.nan, *UNIT[1:]], np.eye(6), 'map', 'finite'),
        ([*UNIT[:6], 0.9], np.eye(6), 'map', 'norm 0.9'),
        ([*UNIT[:6], np.nan], np.eye(6), 'map', 'norm nan'),
        (UNIT, -np.eye(6), 'map', 'variances'),
        (UNIT, np.full((6, 6), np.nan), 'map', 'variances'),
        (UNIT, 2e9 * np.eye(6), 'map', 'within 0 to 1e'),
    ],
)
def test_fix_from_invalid_message_is_rejected(
    row: list[float], covariance: object, frame: str, text: str
) -> None:
    with pytest.raises(ValueError, match=text):
        fix_from_message(message_of(0.0, row, covariance, frame))


def test_minimum_sigmas_raise_smaller_variances_only() -> None:
    raised = MinimumSigmas(0.3, 0.2).raised(fix_at(0, 0)).variances
    np.testing.assert_allclose(raised, [0.25, 0.25, 0.09, 0.04, 0.04, 0.09])


def test_planar_pose_keeps_x_y_yaw() -> None:
    tilted = Pose.from_xyz_quaternion([1, 2, 3, 0.02, 0.03, 0.5, 0.8])
    flat = planar(tilted)
    np.testing.assert_allclose(flat.translation_m, [1, 2, 0])
    np.testing.assert_allclose(flat.yaw_rad(), tilted.yaw_rad())
    np.testing.assert_allclose(flat.rotation.apply([0, 0, 1]), [0, 0, 1], atol=1e-12)
