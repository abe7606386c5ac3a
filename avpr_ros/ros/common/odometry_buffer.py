# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Odometry sorted by stamp: the robot's motion between two moments."""

from __future__ import annotations

from bisect import bisect_left, bisect_right

import numpy as np

from avpr_ros.pose_rows import between
from avpr_ros.poses import Pose
from avpr_ros.stamps import NS_PER_S

#: Time going back by more than this is a restart (a bag that loops), by less a late message.
RESTART_NS = 5 * NS_PER_S
#: A step this long, at this speed, is no motion: the odometry was set anew.
JUMP_M = 1.0
JUMP_M_S = 50.0


def interpolated(first: Pose, second: Pose, part: float) -> Pose:
    """Return the pose at ``part`` (0 to 1) of the way: straight line, constant turning."""
    start, end = (np.array([pose.as_xyz_quaternion()]) for pose in (first, second))
    return Pose.from_xyz_quaternion(between(start, end, np.array([part]))[0])


class OdometryBuffer:
    """Odometry poses by stamp, whatever order they come in.

    Attributes:
        restarts: how often everything was forgotten, as the time went back or the pose jumped:
            odometry that begins anew has nothing to do with what was before.
    """

    def __init__(
        self, keep_s: float | None, max_gap_s: float = 1.0, min_step_s: float = 0.0
    ) -> None:
        """Start empty.

        Args:
            keep_s: how far behind the newest stamp poses are kept; None: all are kept, and
                nothing is taken for a restart.
            max_gap_s: nothing is interpolated across a longer gap.
            min_step_s: poses nearer to a kept one than this are dropped; the newest is kept, for
                an image may be as new.
        """
        self.restarts = 0
        self._keep_ns = None if keep_s is None else int(keep_s * NS_PER_S)
        self._min_step_ns = int(min_step_s * NS_PER_S)
        self._max_gap_ns = int(max_gap_s * NS_PER_S)
        self._stamps_ns: list[int] = []
        self._poses: list[Pose] = []

    def add(self, stamp_ns: int, odom_from_base: Pose) -> None:
        """Take one pose; a stamp that is there already is ignored."""
        stamps = self._stamps_ns
        if self._keep_ns is not None and not self.goes_on(stamp_ns, odom_from_base):
            self.clear()
            self.restarts += 1
        place = bisect_left(stamps, stamp_ns)
        if place == len(stamps):
            if place > 1 and stamps[-1] - stamps[-2] < self._min_step_ns:
                # The newest so far was kept for being that alone.
                del stamps[-1], self._poses[-1]
                place -= 1
        elif any(
            abs(one - stamp_ns) < max(self._min_step_ns, 1)
            for one in stamps[max(place - 1, 0) : place + 1]
        ):
            return
        stamps.insert(place, stamp_ns)
        self._poses.insert(place, odom_from_base)
        if self._keep_ns is not None:
            old = bisect_right(stamps, stamps[-1] - self._keep_ns)
            del stamps[:old], self._poses[:old]

    def goes_on(self, stamp_ns: int, odom_from_base: Pose) -> bool:
        """Return whether a pose is neither a jump nor before the newest one by much."""
        if not self._stamps_ns or stamp_ns == self._stamps_ns[-1]:
            return True
        step_m = self._poses[-1].distance_m(odom_from_base)
        limit_m = JUMP_M + JUMP_M_S * abs(stamp_ns - self._stamps_ns[-1]) / NS_PER_S
        return stamp_ns >= self._stamps_ns[-1] - RESTART_NS and step_m <= limit_m

    def at(self, stamp_ns: int) -> Pose | None:
        """Return ``odom_from_base`` at a stamp; None before, after, or within a long gap."""
        place = bisect_left(self._stamps_ns, stamp_ns)
        if place == len(self._stamps_ns):
            return None
        if self._stamps_ns[place] == stamp_ns:
            return self._poses[place]
        gap_ns = self._stamps_ns[place] - self._stamps_ns[place - 1]
        if place == 0 or gap_ns > self._max_gap_ns:
            return None
        part = (stamp_ns - self._stamps_ns[place - 1]) / gap_ns
        return interpolated(self._poses[place - 1], self._poses[place], part)

    def motion(self, from_ns: int, to_ns: int) -> Pose | None:
        """Return ``base_then_from_base_now`` between two stamps; None where either is unknown."""
        first, second = self.at(from_ns), self.at(to_ns)
        return None if first is None or second is None else first.inverse() @ second

    def newest(self) -> tuple[int, Pose] | None:
        """Return the newest stamp and pose; None before the first."""
        return (self._stamps_ns[-1], self._poses[-1]) if self._stamps_ns else None

    def all(self) -> tuple[list[int], list[Pose]]:
        """Return copies of the stamps, in order, and of their poses."""
        return list(self._stamps_ns), list(self._poses)

    def clear(self) -> None:
        """Forget everything."""
        self._stamps_ns.clear()
        self._poses.clear()
