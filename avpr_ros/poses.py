# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Rigid transforms, named ``a_from_b``: they take coordinates in b to coordinates in a."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from avpr_ros.arrays import FloatArray


@dataclass(frozen=True, eq=False)
class Pose:
    """A rigid transform.

    Attributes:
        translation_m: (3,) float64, metres.
        rotation: one scipy ``Rotation``.
    """

    translation_m: FloatArray
    rotation: Rotation

    @classmethod
    def identity(cls) -> Pose:
        """Return the transform that changes nothing."""
        return cls(np.zeros(3), Rotation.identity())

    @classmethod
    def from_xyz_quaternion(cls, values: Sequence[float] | FloatArray) -> Pose:
        """Build from seven numbers ``x y z qx qy qz qw`` (metres, any non-zero norm).

        Raises:
            ValueError: not seven finite numbers, or a quaternion of norm zero.
        """
        row = np.asarray(values, dtype=np.float64)
        if row.shape != (7,) or not np.isfinite(row).all():
            raise ValueError(f'a pose needs seven finite numbers x y z qx qy qz qw, got {row}')
        if np.linalg.norm(row[3:]) < 1e-6:
            raise ValueError(f'a pose needs a quaternion of norm above zero, got {row[3:]}')
        return cls(row[:3], Rotation.from_quat(row[3:]))

    @classmethod
    def from_xy_yaw(cls, x_m: float, y_m: float, yaw_rad: float) -> Pose:
        """Build a pose in the plane, yaw about +z (REP-103)."""
        return cls(np.array([x_m, y_m, 0.0]), Rotation.from_euler('z', yaw_rad))

    @property
    def finite(self) -> bool:
        """Whether all its numbers are finite; others must not be reckoned with."""
        return bool(np.isfinite(self.as_xyz_quaternion()).all())

    def as_xyz_quaternion(self) -> FloatArray:
        """Return (7,) ``x y z qx qy qz qw``, metres, unit quaternion with qw >= 0."""
        quaternion = self.rotation.as_quat()
        return np.concatenate(
            [self.translation_m, quaternion if quaternion[3] >= 0 else -quaternion]
        )

    def __matmul__(self, other: Pose) -> Pose:
        """Chain: ``a_from_b @ b_from_c`` is ``a_from_c``."""
        return Pose(
            self.rotation.apply(other.translation_m) + self.translation_m,
            self.rotation * other.rotation,
        )

    def inverse(self) -> Pose:
        """Return ``b_from_a``."""
        inverse = self.rotation.inv()
        return Pose(-inverse.apply(self.translation_m), inverse)

    def yaw_rad(self) -> float:
        """Return the heading about +z in radians, of the x axis seen in the outer frame."""
        x_axis = self.rotation.apply([1.0, 0.0, 0.0])
        return float(np.arctan2(x_axis[1], x_axis[0]))

    def distance_m(self, other: Pose) -> float:
        """Return the distance between the two origins in metres."""
        return float(np.linalg.norm(self.translation_m - other.translation_m))

    def angle_rad(self, other: Pose) -> float:
        """Return the angle of the rotation between the two, in radians, 0 to pi."""
        return float((self.rotation.inv() * other.rotation).magnitude())
