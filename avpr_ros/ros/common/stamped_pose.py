# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What goes into an adapter and what comes out: a stamped pose with variances, and a decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from geometry_msgs.msg import PoseWithCovarianceStamped
import numpy as np

from avpr_ros.arrays import FloatArray
from avpr_ros.poses import Pose
from avpr_ros.ros.common.messages import (
    QUATERNION_TOLERANCE,
    pose_message,
    stamp_message,
    stamp_ns,
)

#: Larger variances say nothing any more; nav2 refuses them.
MAX_VARIANCE = 1e9


@dataclass(frozen=True, eq=False)
class Fix:
    """A pose at a time.

    Attributes:
        stamp_ns: of the image it was made from.
        frame_id: the frame named in the message's header.
        pose: ``map_from_base``.
        variances: (6,) x y z in square metres, rotations about the map's x y z in square radians.
    """

    stamp_ns: int
    frame_id: str
    pose: Pose
    variances: FloatArray


@dataclass(frozen=True)
class Decision:
    """What an adapter does with a fix.

    Attributes:
        send: what the consumer shall get; None for nothing.
        text: one sentence, why.
    """

    send: Fix | None
    text: str


@dataclass(frozen=True)
class MinimumSigmas:
    """Smallest standard deviations that are passed on.

    A variance of zero means perfect knowledge to robot_localization and no inverse to RTAB-Map.

    Attributes:
        position_m: of x, y and z.
        angle_rad: of the three rotations.
    """

    position_m: float = 0.1
    angle_rad: float = 0.05

    def raised(self, fix: Fix) -> Fix:
        """Return the fix with no variance below the floors."""
        floors = np.repeat([self.position_m**2, self.angle_rad**2], 3)
        return replace(fix, variances=np.maximum(fix.variances, floors))


def planar(pose: Pose) -> Pose:
    """Return x, y and yaw of a pose; for consumers that live in the plane."""
    x_m, y_m, _ = pose.translation_m
    return Pose.from_xy_yaw(float(x_m), float(y_m), pose.yaw_rad())


def pose_from_message(message: Any) -> Pose:
    """Convert a ``geometry_msgs/Pose``.

    Raises:
        ValueError: numbers that are not finite, or a quaternion that is not of norm one.
    """
    p, q = message.position, message.orientation
    norm = float(np.linalg.norm([q.x, q.y, q.z, q.w]))
    if not abs(norm - 1.0) <= QUATERNION_TOLERANCE:
        raise ValueError(f'its quaternion has norm {norm:.6g} instead of one')
    return Pose.from_xyz_quaternion([p.x, p.y, p.z, q.x, q.y, q.z, q.w])


def covariance_from_message(values: Sequence[float]) -> FloatArray:
    """Return (6, 6) float64 from the 36 numbers of a message.

    Raises:
        ValueError: numbers that are not finite, or a variance not in 0 to ``MAX_VARIANCE``.
    """
    covariance = np.asarray(values, dtype=np.float64).reshape(6, 6)
    variances = np.diag(covariance)
    usable = np.isfinite(covariance).all() and (variances >= 0.0).all()
    if not usable or variances.max() > MAX_VARIANCE:
        raise ValueError(f'its variances are {variances}, not within 0 to {MAX_VARIANCE:g}')
    return covariance


def fix_from_message(message: Any) -> Fix:
    """Convert a ``geometry_msgs/PoseWithCovarianceStamped``; only variances are kept.

    Raises:
        ValueError: no frame, numbers that are not finite, a bad quaternion, a negative variance.
    """
    if not message.header.frame_id:
        raise ValueError('it names no frame')
    return Fix(
        stamp_ns(message.header.stamp),
        message.header.frame_id,
        pose_from_message(message.pose.pose),
        np.diag(covariance_from_message(message.pose.covariance)).copy(),
    )


def fix_to_message(fix: Fix) -> PoseWithCovarianceStamped:
    """Convert to a ``geometry_msgs/PoseWithCovarianceStamped`` with a diagonal covariance.

    Raises:
        ValueError: numbers that are not finite.
    """
    message = PoseWithCovarianceStamped()
    message.header.stamp = stamp_message(fix.stamp_ns)
    message.header.frame_id = fix.frame_id
    message.pose.pose = pose_message(fix.pose.as_xyz_quaternion())
    message.pose.covariance = np.diag(fix.variances).reshape(36).tolist()
    return message
