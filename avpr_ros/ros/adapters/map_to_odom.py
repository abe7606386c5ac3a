# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""``map -> odom`` for robots that have nothing else to publish it (REP-105)."""

from __future__ import annotations

from collections import deque

from avpr_ros.poses import Pose
from avpr_ros.ros.adapters.match_consistency import MatchConsistency
from avpr_ros.ros.common.odometry_buffer import OdometryBuffer
from avpr_ros.ros.common.stamped_pose import Decision, Fix, planar


class MapToOdom:
    """Holds ``map_from_odom``: the last guarded fix, carried on by odometry.

    Attributes:
        map_from_odom: None until a fix passed the guard.
        map_frame: the frame the fix named.
    """

    def __init__(self, guard: MatchConsistency, odometry: OdometryBuffer) -> None:
        """Take the guard and the odometry, without which there is no such transform."""
        self.map_from_odom: Pose | None = None
        self.map_frame = ''
        self._guard = guard
        self._odometry = odometry

    def on_fix(self, fix: Fix) -> Decision:
        """Move the odometry frame so that odometry at the image's stamp gives the fix."""
        verdict = self._guard.check(fix)
        if not verdict.passed:
            return Decision(None, verdict.text)
        odom_from_base = self._odometry.at(fix.stamp_ns)
        if odom_from_base is None:
            return Decision(None, 'There is no odometry at its stamp.')
        self.map_from_odom = planar(fix.pose) @ planar(odom_from_base).inverse()
        self.map_frame = fix.frame_id
        return Decision(fix, verdict.text)

    def request(self, why: str) -> str:
        """Say that there is nothing to ask for."""
        return f'The transform is kept up by every guarded match; nothing is sent on {why}.'


class DuplicatePublisherDetector:
    """Finds other publishers of the same transform: only one node may broadcast it."""

    def __init__(self, remember: int = 200) -> None:
        """Remember that many of the transforms sent."""
        self._sent: deque[tuple[object, ...]] = deque(maxlen=remember)

    def sent(self, *what: object) -> None:
        """Note what is about to be published: the stamp and the numbers."""
        self._sent.append(what)

    def foreign(self, *what: object) -> bool:
        """Tell whether that came from somebody else; the stamp alone may be the same."""
        return what not in self._sent
