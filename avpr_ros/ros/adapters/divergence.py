# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Detects that the consumer has diverged: compares its own estimate with the matches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from avpr_ros.poses import Pose
from avpr_ros.ros.common.odometry_buffer import RESTART_NS, OdometryBuffer
from avpr_ros.ros.common.stamped_pose import Fix
from avpr_ros.stamps import NS_PER_S


@dataclass(frozen=True)
class DivergenceSettings:
    """When the consumer counts as diverged.

    Attributes:
        distance_m: largest distance between its estimate and a match that agree.
        yaw_rad: largest difference of their headings.
        after_s: duration of the disagreement from which on it has diverged; 0: never.
        max_age_s: largest age of a compared estimate where odometry is missing.
    """

    distance_m: float = 5.0
    yaw_rad: float = 1.2
    after_s: float = 10.0
    max_age_s: float = 1.0


class DivergenceMonitor:
    """Compares the consumer's estimate, propagated by odometry, with every consistent fix.

    A consumer that never publishes its estimate never counts as diverged.
    """

    def __init__(self, settings: DivergenceSettings, odometry: OdometryBuffer) -> None:
        """Start without an estimate."""
        self._settings = settings
        self._odometry = odometry
        self._estimate: Fix | None = None
        self._off_since_ns: int | None = None

    def on_consumer_pose(self, estimate: Fix) -> None:
        """Store the consumer's own estimate."""
        self._estimate = estimate

    def reset(self) -> None:
        """Drop the estimate, after a restart of the consumer."""
        self._estimate = None
        self._off_since_ns = None

    def agrees(self, fix: Fix) -> bool | None:
        """Return whether the consumer's estimate agrees with a fix; None if that is unknown."""
        estimate = self._estimate
        if estimate is None or estimate.frame_id != fix.frame_id:
            return None
        first, last = sorted((estimate.stamp_ns, fix.stamp_ns))
        motion = self._odometry.motion(estimate.stamp_ns, fix.stamp_ns)
        if motion is None:
            if last - first > self._settings.max_age_s * NS_PER_S:
                return None
            motion = Pose.identity()
        expected = estimate.pose @ motion
        off_m = np.linalg.norm((expected.translation_m - fix.pose.translation_m)[:2])
        turn_rad = (expected.inverse() @ fix.pose).yaw_rad()
        return bool(off_m <= self._settings.distance_m and abs(turn_rad) <= self._settings.yaw_rad)

    def has_diverged(self, fix: Fix) -> bool:
        """Compare a consistent fix; return whether the disagreement has lasted ``after_s``."""
        agrees = self.agrees(fix)
        if agrees or self._settings.after_s <= 0.0:
            self._off_since_ns = None
        if agrees is not False or self._settings.after_s <= 0.0:
            return False
        since_ns = self._off_since_ns
        if since_ns is None or fix.stamp_ns < since_ns - RESTART_NS:
            self._off_since_ns = since_ns = fix.stamp_ns
        return fix.stamp_ns - since_ns >= self._settings.after_s * NS_PER_S
