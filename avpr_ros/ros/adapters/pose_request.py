# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Poses that reset their consumer: sent once on request, never streamed."""

from __future__ import annotations

from dataclasses import replace

from avpr_ros.ros.common.odometry_buffer import RESTART_NS, OdometryBuffer
from avpr_ros.ros.common.stamped_pose import Fix
from avpr_ros.stamps import NS_PER_S

#: Why a pose is asked for where matches contradict those before.
RELOCATED = 'the robot having been moved'
#: Why nothing is sent while the consumer is not there.
UNHEARD = 'Nobody listens to the pose; the request stays.'


class PoseRequest:
    """Remembers whether a pose is asked for, and keeps two of them apart by a cool-down.

    Attributes:
        heard: whether a consumer listens; the request stays until one does.
    """

    def __init__(self, cool_down_s: float, *, at_start: bool) -> None:
        """Start, with a request if ``at_start``.

        Args:
            cool_down_s: shortest time between two poses, by the images' stamps.
            at_start: whether the first pose is asked for from the start, the consumer's too.
        """
        self.heard = True
        self._at_start = at_start
        self._cool_down_ns = int(cool_down_s * NS_PER_S)
        self._wanted = 'the start' if at_start else ''
        self._sent_ns: int | None = None

    @property
    def wanted(self) -> str:
        """Why a pose is asked for; empty when none is."""
        return self._wanted

    def request(self, why: str) -> None:
        """Ask for a pose."""
        self._wanted = why

    def consumer_came(self) -> None:
        """Note that the consumer was started again: it has forgotten the pose it was sent."""
        self._sent_ns = None
        if self._at_start and not self._wanted:
            self._wanted = 'the start of the consumer'

    def withdraw(self) -> None:
        """Take the request back: it is not needed any more."""
        self._wanted = ''

    def cooling(self, stamp_ns: int) -> bool:
        """Tell whether the last pose was sent too short a time ago."""
        if self._sent_ns is not None and stamp_ns < self._sent_ns - RESTART_NS:
            self._sent_ns = None
        return self._sent_ns is not None and stamp_ns < self._sent_ns + self._cool_down_ns

    def sent(self, stamp_ns: int) -> None:
        """Note that the request was met."""
        self._sent_ns = stamp_ns
        self._wanted = ''


def propagate_to_latest_odometry(fix: Fix, odometry: OdometryBuffer) -> Fix:
    """Return the fix moved on to the newest odometry, with its stamp; as it is without odometry.

    slam_toolbox, cuVSLAM and robot_localization's ``set_pose`` take a pose for that of now,
    whatever its stamp. AMCL makes up for the time since the stamp, which is right either way.
    """
    newest = odometry.newest()
    if newest is None or newest[0] <= fix.stamp_ns:
        return fix
    motion = odometry.motion(fix.stamp_ns, newest[0])
    if motion is None:
        return fix
    return replace(fix, stamp_ns=newest[0], pose=fix.pose @ motion)
