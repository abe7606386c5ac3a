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
    """Maintains ``map_from_odom``, set by the last consistent fix.

    Attributes:
        map_from_odom: None until the first consistent fix.
        map_frame: the fix's frame.
    """

    def __init__(self, consistency: MatchConsistency, odometry: OdometryBuffer) -> None:
        """Store the consistency check and the odometry, which the transform needs."""
        self.map_from_odom: Pose | None = None
        self.map_frame = ''
        self._consistency = consistency
        self._odometry = odometry

    def on_fix(self, fix: Fix) -> Decision:
        """Move the odometry frame so that odometry at the image's stamp gives the fix."""
        verdict = self._consistency.check(fix)
        if not verdict.passed:
            return Decision(None, verdict.text)
        odom_from_base = self._odometry.at(fix.stamp_ns)
        if odom_from_base is None:
            return Decision(
                None, "No odometry at the match's stamp; check the remapping of topic odom."
            )
        self.map_from_odom = planar(fix.pose) @ planar(odom_from_base).inverse()
        self.map_frame = fix.frame_id
        return Decision(fix, verdict.text)

    def request(self, why: str) -> str:
        """Return that requests have no effect in this mode."""
        return f'Every consistent match updates the transform; {why} has no effect.'


class DuplicatePublisherDetector:
    """Detects other publishers of the same transform: only one node may broadcast it."""

    def __init__(self, remember: int = 200) -> None:
        """Keep the last ``remember`` transforms sent."""
        self._sent: deque[tuple[object, ...]] = deque(maxlen=remember)

    def sent(self, *what: object) -> None:
        """Store the stamp and the numbers of a transform that is about to be published."""
        self._sent.append(what)

    def is_foreign(self, *what: object) -> bool:
        """Return whether another node sent this; an equal stamp alone proves nothing."""
        return what not in self._sent
