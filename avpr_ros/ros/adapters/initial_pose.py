# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Adapter for AMCL and slam_toolbox: ``initialpose``, which replaces their own estimate."""

from __future__ import annotations

from dataclasses import replace

from avpr_ros.ros.adapters.divergence import DivergenceMonitor
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
from avpr_ros.ros.common.stamped_pose import Decision, Fix, MinimumSigmas, planar


class InitialPose:
    """Sends single poses: at startup, on request, after a relocation, on divergence.

    AMCL resets its particles with every such message, slam_toolbox drops its scans: an unneeded
    pose makes their estimates worse. At startup nothing is sent to a consumer whose own estimate
    already agrees, so that restarting the adapter does not reset it.
    """

    def __init__(
        self,
        consistency: MatchConsistency,
        floors: MinimumSigmas,
        pose_request: PoseRequest,
        divergence: DivergenceMonitor,
        odometry: OdometryBuffer,
    ) -> None:
        """Store the parts.

        Args:
            consistency: check that successive matches agree.
            floors: smallest standard deviations that are sent, the spread of AMCL's particles.
            pose_request: pending request and cool-down.
            divergence: monitor of the consumer's own estimate.
            odometry: propagates the pose to the newest odometry.
        """
        self._consistency = consistency
        self._floors = floors
        self._pose_request = pose_request
        self._divergence = divergence
        self._odometry = odometry
        self._explicitly_requested = False

    def on_fix(self, fix: Fix) -> Decision:
        """Send the fix if it is consistent, needed, and outside the cool-down."""
        verdict = self._consistency.check(fix)
        if not verdict.passed:
            return Decision(None, verdict.text)
        diverged = self._divergence.has_diverged(fix)
        if verdict.relocated and not self._divergence.agrees(fix):
            self._pose_request.request(RELOCATED)
        if self._pose_request.in_cool_down(fix.stamp_ns):
            return Decision(None, self._pose_request.cool_down_text())
        if (
            self._pose_request.reason
            and not self._explicitly_requested
            and self._divergence.agrees(fix)
        ):
            self._pose_request.cancel()
            return Decision(
                None, "The consumer's own estimate agrees with the match; no pose is needed."
            )
        why = self._pose_request.reason or ('the divergence of the consumer' if diverged else '')
        if not why:
            return Decision(None, NO_REQUEST)
        if not self._pose_request.has_subscriber:
            return Decision(None, NO_SUBSCRIBER)
        self._pose_request.sent(fix.stamp_ns)
        self._explicitly_requested = False
        pose = propagate_to_latest_odometry(self._floors.raised(fix), self._odometry)
        return Decision(
            replace(pose, pose=planar(pose.pose)), f'{verdict.text} Sent because of {why}.'
        )

    def request(self, why: str) -> str:
        """Request a pose, even if the consumer's own estimate agrees."""
        self._pose_request.request(why)
        self._explicitly_requested = True
        return REQUEST_ACCEPTED
