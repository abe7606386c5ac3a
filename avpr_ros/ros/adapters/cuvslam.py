# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""cuVSLAM: ``visual_slam/initial_pose``, at the start and on its trigger hint."""

from __future__ import annotations

from avpr_ros.ros.adapters.match_consistency import MatchConsistency
from avpr_ros.ros.adapters.pose_request import (
    RELOCATED,
    UNHEARD,
    PoseRequest,
    propagate_to_latest_odometry,
)
from avpr_ros.ros.common.odometry_buffer import OdometryBuffer
from avpr_ros.ros.common.stamped_pose import Decision, Fix, MinimumSigmas


class CuVslam:
    """Sends one pose for each request.

    cuVSLAM searches its map around the pose; when it finds nothing there it publishes
    ``visual_slam/trigger_hint``, which asks for another. So does a robot that was carried away.
    """

    def __init__(
        self,
        guard: MatchConsistency,
        floors: MinimumSigmas,
        one_shot: PoseRequest,
        odometry: OdometryBuffer,
    ) -> None:
        """Take the guard, the floors, the requests with their cool-down, and the odometry."""
        self._odometry = odometry
        self._guard = guard
        self._floors = floors
        self._one_shot = one_shot

    def on_fix(self, fix: Fix) -> Decision:
        """Send the fix if it is guarded, asked for, and not within the cool-down."""
        verdict = self._guard.check(fix)
        if not verdict.passed:
            return Decision(None, verdict.text)
        if verdict.relocated:
            self._one_shot.request(RELOCATED)
        if not self._one_shot.wanted:
            return Decision(None, 'No pose is asked for.')
        if self._one_shot.cooling(fix.stamp_ns):
            return Decision(None, 'The last pose was sent too short a time ago.')
        if not self._one_shot.heard:
            return Decision(None, UNHEARD)
        why = self._one_shot.wanted
        self._one_shot.sent(fix.stamp_ns)
        pose = propagate_to_latest_odometry(self._floors.raised(fix), self._odometry)
        return Decision(pose, f'{verdict.text} Sent because of {why}.')

    def request(self, why: str) -> str:
        """Ask for a pose."""
        self._one_shot.request(why)
        return 'A pose will be sent once the matches agree and the cool-down is over.'
