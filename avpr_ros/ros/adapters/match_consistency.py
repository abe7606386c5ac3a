# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The guard before every consumer: several matches in a row that agree with each other."""

from __future__ import annotations

from dataclasses import dataclass

from avpr_ros.poses import Pose
from avpr_ros.ros.common.odometry_buffer import RESTART_NS, OdometryBuffer
from avpr_ros.ros.common.stamped_pose import Fix
from avpr_ros.stamps import NS_PER_S

#: Part of the way driven between two matches by which odometry itself may be wrong.
ODOMETRY_ERROR = 0.05
#: A fix that passed is this many radii off the last one that did: the robot was moved.
RELOCATION_RADII = 3.0


@dataclass(frozen=True)
class ConsistencySettings:
    """When matches agree.

    Attributes:
        min_consistent_matches: matches in a row that must agree; 1 lets every match pass.
        radius_m: largest distance between two that agree, the robot's motion taken off.
        yaw_rad: largest difference of their headings, likewise.
        window_s: they must lie within this time.
        min_travel_m: only matches this far apart count as further evidence; 0: all of them.
            Needs odometry.
        map_frame: the frame the consumer calls its map; others are refused. Empty: any.
    """

    min_consistent_matches: int = 3
    radius_m: float = 2.0
    yaw_rad: float = 0.8
    window_s: float = 20.0
    min_travel_m: float = 0.0
    map_frame: str = ''


@dataclass(frozen=True)
class Verdict:
    """The guard's answer.

    Attributes:
        passed: whether the fix may go on.
        text: why.
        relocated: whether the fix passed and contradicts, by odometry, the last one that did.
    """

    passed: bool
    text: str
    relocated: bool = False


class MatchConsistency:
    """Lets a fix pass when enough of those before it, in a row, agree with it.

    Two fixes agree when the motion between them is the motion of odometry, within a radius. Where
    odometry is missing the robot is taken to stand still: the radius must then cover how far it
    drives between matches. One fix that disagrees starts the row anew, so that a wrong match in
    a row of right ones costs time, and never passes.
    """

    def __init__(self, settings: ConsistencySettings, odometry: OdometryBuffer) -> None:
        """Start with an empty row."""
        self._settings = settings
        self._odometry = odometry
        self._row: list[Fix] = []
        self._newest_ns: int | None = None
        self._passed: Fix | None = None

    def check(self, fix: Fix) -> Verdict:
        """Judge a fix and remember it."""
        wanted_frame = self._settings.map_frame
        if wanted_frame and fix.frame_id != wanted_frame:
            return Verdict(
                False, f"It is in frame '{fix.frame_id}', the consumer's map is '{wanted_frame}'."
            )
        if self._newest_ns is not None:
            if fix.stamp_ns < self._newest_ns - RESTART_NS:
                self.reset()
            elif fix.stamp_ns <= self._newest_ns:
                return Verdict(False, 'Its stamp is not newer than that of the last match.')
        self._newest_ns = fix.stamp_ns
        wanted = self._settings.min_consistent_matches
        if wanted <= 1:
            return self._pass(fix, 'Every match passes.')
        since_ns = fix.stamp_ns - int(self._settings.window_s * NS_PER_S)
        self._row = [one for one in self._row if one.stamp_ns >= since_ns]
        if not all(self._agree(one, fix) for one in self._row):
            self._row = [fix]
            return Verdict(False, 'It disagrees with the matches before it.')
        if self._adds_evidence(fix):
            self._row = [*self._row, fix][-wanted:]
        text = f'{len(self._row)} of {wanted} matches agree.'
        return self._pass(fix, text) if len(self._row) >= wanted else Verdict(False, text)

    def _pass(self, fix: Fix, text: str) -> Verdict:
        before, self._passed = self._passed, fix
        return Verdict(True, text, before is not None and self._relocated(before, fix))

    def _relocated(self, before: Fix, fix: Fix) -> bool:
        """Compare two fixes that passed; without odometry the robot may have driven anywhere."""
        motion = self._odometry.motion(before.stamp_ns, fix.stamp_ns)
        if motion is None:
            return False
        limit_m = RELOCATION_RADII * self._radius_m(motion)
        return (before.pose @ motion).distance_m(fix.pose) > limit_m

    def _radius_m(self, motion: Pose) -> float:
        travel_m = motion.distance_m(Pose.identity())
        return self._settings.radius_m + ODOMETRY_ERROR * travel_m

    def reset(self) -> None:
        """Forget the row: time went back."""
        self._row = []
        self._newest_ns = None
        self._passed = None

    def _agree(self, earlier: Fix, later: Fix) -> bool:
        motion = self._odometry.motion(earlier.stamp_ns, later.stamp_ns) or Pose.identity()
        expected = earlier.pose @ motion
        return (
            earlier.frame_id == later.frame_id
            and expected.distance_m(later.pose) <= self._radius_m(motion)
            and expected.angle_rad(later.pose) <= self._settings.yaw_rad
        )

    def _adds_evidence(self, fix: Fix) -> bool:
        if not self._row or self._settings.min_travel_m <= 0.0:
            return True
        motion = self._odometry.motion(self._row[-1].stamp_ns, fix.stamp_ns)
        return (
            motion is not None
            and motion.distance_m(Pose.identity()) >= self._settings.min_travel_m
        )
