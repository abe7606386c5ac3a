# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Adapter for cuVSLAM: ``visual_slam/initial_pose``, at startup and on its trigger hint."""

from __future__ import annotations

from avpr_ros.ros.adapters.match_consistency import MatchConsistency
from avpr_ros.ros.adapters.pose_request import (
    NO_REQUEST,
    NO_SUBSCRIBER,
    RELOCATED,
    REQUEST_ACCEPTED,
    PoseRequest,
    propagate_to_latest_odometry,
)
from avpr_ros.ros.common.odometry_buffer import OdometryBuffer
from avpr_ros.ros.common.stamped_pose import Decision, Fix, MinimumSigmas


class CuVslam:
    """Sends one pose for each request.

    cuVSLAM searches its map around the pose. When the search fails it publishes
    ``visual_slam/trigger_hint``, which requests another pose; so does a detected relocation.
    """

    def __init__(
        self,
        consistency: MatchConsistency,
        floors: MinimumSigmas,
        pose_request: PoseRequest,
        odometry: OdometryBuffer,
    ) -> None:
        """Store the parts.

        Args:
            consistency: check that successive matches agree.
            floors: smallest standard deviations that are sent.
            pose_request: pending request and cool-down.
            odometry: propagates the pose to the newest odometry.
        """
        self._odometry = odometry
        self._consistency = consistency
        self._floors = floors
        self._pose_request = pose_request

    def on_fix(self, fix: Fix) -> Decision:
        """Send the fix if it is consistent, requested, and outside the cool-down."""
        verdict = self._consistency.check(fix)
        if not verdict.passed:
            return Decision(None, verdict.text)
        if verdict.relocated:
            self._pose_request.request(RELOCATED)
        if not self._pose_request.reason:
            return Decision(None, NO_REQUEST)
        if self._pose_request.in_cool_down(fix.stamp_ns):
            return Decision(None, self._pose_request.cool_down_text())
        if not self._pose_request.has_subscriber:
            return Decision(None, NO_SUBSCRIBER)
        why = self._pose_request.reason
        self._pose_request.sent(fix.stamp_ns)
        pose = propagate_to_latest_odometry(self._floors.raised(fix), self._odometry)
        return Decision(pose, f'{verdict.text} Sent because of {why}.')

    def request(self, why: str) -> str:
        """Request a pose."""
        self._pose_request.request(why)
        return REQUEST_ACCEPTED
