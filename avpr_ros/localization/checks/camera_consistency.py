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
    """Compares a match with those of the other cameras of the last second.

    Cameras need not be synchronised: the distance driven meanwhile is bounded by the speed.
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

    def check(self, hypothesis: MatchHypothesis) -> str | None:
        """See ``Check``."""
        for camera, (stamp_ns, map_from_base) in self._accepted.items():
            apart_s = abs(hypothesis.query.stamp_ns - stamp_ns) * 1e-9
            if camera == hypothesis.query.camera or apart_s > SAME_TIME_S:
                continue
            if hypothesis.outdated(stamp_ns):
                continue
            distance_m = map_from_base.distance_m(hypothesis.map_from_base)
            limit_m = self._radius_m + self._max_speed_m_s * apart_s
            if not distance_m <= limit_m:
                return (
                    f"camera '{camera}' was matched {distance_m:.1f} m from this match, "
                    f'{apart_s:.1f} s apart; at most {limit_m:.1f} m are possible'
                )
        return None

    def update(self, hypothesis: MatchHypothesis, accepted: bool) -> None:
        """See ``Check``."""
        if accepted:
            self._accepted[hypothesis.query.camera] = (
                hypothesis.query.stamp_ns,
                hypothesis.map_from_base,
            )
