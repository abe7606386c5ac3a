# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Poses that reset their consumer: sent once on request, never streamed."""

from __future__ import annotations

from dataclasses import replace

from avpr_ros.ros.common.odometry_buffer import RESTART_NS, OdometryBuffer
from avpr_ros.ros.common.stamped_pose import Fix
from avpr_ros.stamps import NS_PER_S

#: Reason of a request after a detected relocation.
RELOCATED = 'a relocation of the robot'
NO_SUBSCRIBER = 'No consumer subscribes to the pose; the request stays pending.'
NO_REQUEST = 'No pose is requested.'
REQUEST_ACCEPTED = 'A pose will be sent once enough matches agree and the cool-down is over.'


class PoseRequest:
    """A pending request for a pose, and the cool-down between two poses.

    Attributes:
        has_subscriber: whether a consumer subscribes; the request stays pending until one does.
    """

    def __init__(self, cool_down_s: float, *, at_start: bool) -> None:
        """Start, with a request if ``at_start``.

        Args:
            cool_down_s: shortest time between two poses, by the images' stamps.
            at_start: whether the starts of the adapter and of the consumer request a pose.
        """
        self.has_subscriber = True
        self._at_start = at_start
        self._cool_down_ns = int(cool_down_s * NS_PER_S)
        self._reason = 'the start' if at_start else ''
        self._sent_ns: int | None = None

    @property
    def reason(self) -> str:
        """Reason of the pending request; empty without a request."""
        return self._reason

    def request(self, why: str) -> None:
        """Request a pose."""
        self._reason = why

    def on_consumer_restart(self) -> None:
        """Reset the cool-down: a restarted consumer has lost the pose it was sent."""
        self._sent_ns = None
        if self._at_start and not self._reason:
            self._reason = 'the start of the consumer'

    def cancel(self) -> None:
        """Cancel the pending request."""
        self._reason = ''

    def in_cool_down(self, stamp_ns: int) -> bool:
        """Return whether the last pose was sent less than the cool-down ago."""
        if self._sent_ns is not None and stamp_ns < self._sent_ns - RESTART_NS:
            self._sent_ns = None
        return self._sent_ns is not None and stamp_ns < self._sent_ns + self._cool_down_ns

    def cool_down_text(self) -> str:
        """Return the reason for not sending a pose within the cool-down."""
        return f'The last pose was sent less than {self._cool_down_ns / NS_PER_S:g} s ago.'

    def sent(self, stamp_ns: int) -> None:
        """Clear the request and start the cool-down."""
        self._sent_ns = stamp_ns
        self._reason = ''


def propagate_to_latest_odometry(fix: Fix, odometry: OdometryBuffer) -> Fix:
    """Return the fix propagated to the newest odometry; unchanged where odometry is missing.

    slam_toolbox, cuVSLAM and robot_localization's ``set_pose`` use a pose as the current one,
    whatever its stamp. AMCL compensates for the time since the stamp.
    """
    newest = odometry.newest()
    if newest is None or newest[0] <= fix.stamp_ns:
        return fix
    motion = odometry.motion(fix.stamp_ns, newest[0])
    if motion is None:
        return fix
    return replace(fix, stamp_ns=newest[0], pose=fix.pose @ motion)
