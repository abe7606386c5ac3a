# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Matches as a localizer would publish them on a drive: noisy, some wrong, some nonsense."""

from __future__ import annotations

from collections.abc import Iterator

from geometry_msgs.msg import PoseWithCovarianceStamped
import numpy as np
from scipy.spatial.transform import Rotation

from avpr_ros.poses import Pose
from avpr_ros.ros.common.messages import stamp_message
from avpr_ros.ros.common.stamped_pose import Fix

START_NS = 1_700_000_000_000_000_000


def fix_at(x_m: float, seconds: float, y_m: float = 0.0, yaw_rad: float = 0.0) -> Fix:
    """A match of a robot that drives along x."""
    return Fix(
        START_NS + round(seconds * 1e9),
        'map',
        Pose.from_xy_yaw(x_m, y_m, yaw_rad),
        np.array([0.25, 0.25, 0.04, 0.01, 0.01, 0.09]),
    )


def message_of(seconds: float, row: list[float], covariance: object, frame: str = 'map') -> object:
    """A raw message, with whatever numbers."""
    message = PoseWithCovarianceStamped()
    message.header.stamp = stamp_message(START_NS + round(seconds * 1e9))
    message.header.frame_id = frame
    p, q = message.pose.pose.position, message.pose.pose.orientation
    p.x, p.y, p.z, q.x, q.y, q.z, q.w = (float(value) for value in row)
    message.pose.covariance = np.asarray(covariance, dtype=float).reshape(36).tolist()
    return message


def random_drive(seed: int, count: int) -> Iterator[tuple[int, Pose, PoseWithCovarianceStamped]]:
    """Yield stamp, odometry and match, twice a second, in a plane that is not quite level.

    One match in ten is far off; one in twenty is damaged, late, repeated, or without covariance.
    """
    rng = np.random.default_rng(seed)
    pose, stamp_s = Pose.identity(), 0.0
    for _ in range(count):
        stamp_s += 0.5
        turn = Rotation.from_rotvec(rng.normal(0.0, [0.002, 0.002, 0.1]))
        pose = pose @ Pose(np.array([rng.uniform(0.0, 0.8), 0.0, 0.0]), turn)
        noise = Pose(rng.normal(0.0, 0.2, 3), Rotation.from_rotvec(rng.normal(0.0, 0.03, 3)))
        seen = pose @ noise
        if rng.random() < 0.1:
            seen = Pose(rng.uniform(-200.0, 200.0, 3), Rotation.random(random_state=rng))
        row = list(seen.as_xyz_quaternion() * [1, 1, 1, *[rng.choice([-1.0, 1.0])] * 4])
        root = rng.normal(0.0, 0.3, (6, 6))
        covariance = root @ root.T + 0.01 * np.eye(6)
        shown_s = stamp_s
        frame = 'map'
        if rng.random() < 0.05:
            kind = rng.integers(7)
            row[int(rng.integers(7))] = (
                [np.nan, np.inf, 0.0, 1e300][int(rng.integers(4))] if kind == 0 else row[0]
            )
            covariance = [
                covariance,
                np.zeros((6, 6)),
                np.full((6, 6), np.nan),
                -covariance,
                covariance,
                covariance,
                covariance,
            ][int(kind)]
            shown_s -= 3.0 if kind == 4 else 0.0
            frame = '' if kind == 5 else 'other_map' if kind == 6 else 'map'
        yield (START_NS + round(stamp_s * 1e9), pose, message_of(shown_s, row, covariance, frame))
