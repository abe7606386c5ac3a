# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Cameras of one robot must not see it in two places at once."""

from __future__ import annotations

from avpr_ros.localization.checks.check import MatchHypothesis
from avpr_ros.localization.result import Reason
from avpr_ros.poses import Pose

#: A match of another camera counts as of now for this long.
SAME_TIME_S = 1.0


class CameraConsistencyCheck:
    """Compares a match with what the other cameras were matched with a moment ago.

    Cameras are not synchronised and need not be: how far the robot drives meanwhile is known from
    odometry, or bounded by its speed.
    """

    reason = Reason.CAMERA_DISAGREEMENT

    def __init__(self, radius_m: float, max_speed_m_s: float) -> None:
        """Set up.

        Args:
            radius_m: how far apart the matches of two cameras may put the base.
            max_speed_m_s: of the robot.
        """
        self._radius_m = radius_m
        self._max_speed_m_s = max_speed_m_s
        self._accepted: dict[str, tuple[int, Pose]] = {}

    def forget(self) -> None:
        """See ``Check``."""
        self._accepted = {}

    def objection(self, case: MatchHypothesis) -> str | None:
        """See ``Check``."""
        for camera, (stamp_ns, map_from_base) in self._accepted.items():
            apart_s = abs(case.query.stamp_ns - stamp_ns) * 1e-9
            if camera == case.query.camera or apart_s > SAME_TIME_S:
                continue
            if case.outdated(stamp_ns):
                continue
            distance_m = map_from_base.distance_m(case.map_from_base)
            limit_m = self._radius_m + self._max_speed_m_s * apart_s
            if not distance_m <= limit_m:
                return (
                    f"camera '{camera}' was matched {distance_m:.1f} m from here, {apart_s:.1f} s "
                    f'apart; at most {limit_m:.1f} m are possible'
                )
        return None

    def told(self, case: MatchHypothesis, accepted: bool) -> None:
        """See ``Check``."""
        if accepted:
            self._accepted[case.query.camera] = case.query.stamp_ns, case.map_from_base
