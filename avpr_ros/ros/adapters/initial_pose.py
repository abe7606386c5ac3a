# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""AMCL and slam_toolbox: ``initialpose``, which throws their own estimate away."""

from __future__ import annotations

from dataclasses import replace

from avpr_ros.ros.adapters.divergence import DivergenceMonitor
from avpr_ros.ros.adapters.match_consistency import MatchConsistency
from avpr_ros.ros.adapters.pose_request import (
    RELOCATED,
    UNHEARD,
    PoseRequest,
    propagate_to_latest_odometry,
)
from avpr_ros.ros.common.odometry_buffer import OdometryBuffer
from avpr_ros.ros.common.stamped_pose import Decision, Fix, MinimumSigmas, planar


class InitialPose:
    """Sends a pose at the start, on request, when the robot was moved or the consumer is lost.

    Never a stream.

    AMCL scatters its particles anew with every such message, slam_toolbox drops its scans: a pose
    sent without need makes them worse. At the start nothing is sent to a consumer whose own
    estimate already agrees, so that a restarted adapter does no harm.
    """

    def __init__(
        self,
        guard: MatchConsistency,
        floors: MinimumSigmas,
        one_shot: PoseRequest,
        watch: DivergenceMonitor,
        odometry: OdometryBuffer,
    ) -> None:
        """Take the parts.

        Args:
            guard: matches that must agree.
            floors: smallest standard deviations, the spread of AMCL's particles.
            one_shot: requests and cool-down.
            watch: the consumer's own estimate.
            odometry: carries the pose on to now.
        """
        self._guard = guard
        self._floors = floors
        self._one_shot = one_shot
        self._watch = watch
        self._odometry = odometry
        self._asked = False

    def on_fix(self, fix: Fix) -> Decision:
        """Send the fix if it is guarded, needed, and not within the cool-down."""
        verdict = self._guard.check(fix)
        if not verdict.passed:
            return Decision(None, verdict.text)
        lost = self._watch.lost(fix)
        if verdict.relocated and not self._watch.agrees(fix):
            self._one_shot.request(RELOCATED)
        if self._one_shot.cooling(fix.stamp_ns):
            return Decision(None, 'The last pose was sent too short a time ago.')
        if self._one_shot.wanted and not self._asked and self._watch.agrees(fix):
            self._one_shot.withdraw()
            return Decision(None, 'The consumer knows where it is; nothing is sent at the start.')
        why = self._one_shot.wanted or ('the consumer being lost' if lost else '')
        if not why:
            return Decision(None, 'No pose is asked for.')
        if not self._one_shot.heard:
            return Decision(None, UNHEARD)
        self._one_shot.sent(fix.stamp_ns)
        self._asked = False
        pose = propagate_to_latest_odometry(self._floors.raised(fix), self._odometry)
        return Decision(
            replace(pose, pose=planar(pose.pose)), f'{verdict.text} Sent because of {why}.'
        )

    def request(self, why: str) -> str:
        """Ask for a pose, even if the consumer's own estimate agrees."""
        self._one_shot.request(why)
        self._asked = True
        return 'A pose will be sent once the matches agree and the cool-down is over.'
