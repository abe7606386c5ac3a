# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Consistency check before every consumer: successive matches must agree with each other."""

from __future__ import annotations

from dataclasses import dataclass

from avpr_ros.poses import Pose
from avpr_ros.ros.common.odometry_buffer import RESTART_NS, OdometryBuffer
from avpr_ros.ros.common.stamped_pose import Fix
from avpr_ros.stamps import NS_PER_S

#: Allowed error of odometry as a fraction of the distance driven between two matches.
ODOMETRY_ERROR = 0.05
#: A consistent fix this many radii from the last one, motion taken off, is a relocation.
RELOCATION_RADII = 3.0


@dataclass(frozen=True)
class ConsistencySettings:
    """When matches agree.

    Attributes:
        min_consistent_matches: successive matches that must agree; 1 accepts every match.
        radius_m: largest distance between two that agree, after subtracting odometry motion.
        yaw_rad: largest difference of their headings, likewise.
        window_s: longest time between the first and the last of them.
        min_travel_m: distance from the last counted match from which on the next one counts; 0:
            all count. Needs odometry.
        map_frame: the consumer's map frame; poses in other frames are rejected. Empty: any.
    """

    min_consistent_matches: int = 3
    radius_m: float = 2.0
    yaw_rad: float = 0.8
    window_s: float = 20.0
    min_travel_m: float = 0.0
    map_frame: str = ''


@dataclass(frozen=True)
class Verdict:
    """Result of the consistency check.

    Attributes:
        passed: whether the fix is consistent.
        text: the reason, one sentence.
        relocated: whether the fix passed and contradicts odometry since the last that passed.
    """

    passed: bool
    text: str
    relocated: bool = False


class MatchConsistency:
    """Accepts a fix when enough successive fixes agree with it.

    Two fixes agree when the motion between them equals the motion of odometry, within a radius.
    Without odometry the robot is assumed to stand still: the radius must then cover the distance
    driven between matches. A fix that disagrees restarts the count, so that a single wrong match
    delays acceptance and is never accepted itself.
    """

    def __init__(self, settings: ConsistencySettings, odometry: OdometryBuffer) -> None:
        """Start without matches."""
        self._settings = settings
        self._odometry = odometry
        self._recent: list[Fix] = []
        self._newest_ns: int | None = None
        self._passed: Fix | None = None

    def check(self, fix: Fix) -> Verdict:
        """Return whether a fix is consistent with those before it, and store it."""
        map_frame = self._settings.map_frame
        if map_frame and fix.frame_id != map_frame:
            return Verdict(
                False,
                f"The match is in frame '{fix.frame_id}', parameter 'map_frame' is '{map_frame}'.",
            )
        if self._newest_ns is not None:
            if fix.stamp_ns < self._newest_ns - RESTART_NS:
                self.reset()
            elif fix.stamp_ns <= self._newest_ns:
                return Verdict(False, "The match's stamp is not newer than the last match's.")
        self._newest_ns = fix.stamp_ns
        wanted = self._settings.min_consistent_matches
        if wanted <= 1:
            return self._pass(fix, 'Every match is accepted.')
        since_ns = fix.stamp_ns - int(self._settings.window_s * NS_PER_S)
        self._recent = [earlier for earlier in self._recent if earlier.stamp_ns >= since_ns]
        if not all(self._agree(earlier, fix) for earlier in self._recent):
            self._recent = [fix]
            return Verdict(False, 'The match disagrees with the matches before it.')
        if self._moved_enough(fix):
            self._recent = [*self._recent, fix][-wanted:]
        text = f'{len(self._recent)} of {wanted} matches agree.'
        return self._pass(fix, text) if len(self._recent) >= wanted else Verdict(False, text)

    def _pass(self, fix: Fix, text: str) -> Verdict:
        before, self._passed = self._passed, fix
        return Verdict(True, text, before is not None and self._relocated(before, fix))

    def _relocated(self, before: Fix, fix: Fix) -> bool:
        """Compare two accepted fixes; False without odometry, as the motion is unknown."""
        motion = self._odometry.motion(before.stamp_ns, fix.stamp_ns)
        if motion is None:
            return False
        limit_m = RELOCATION_RADII * self._radius_m(motion)
        return (before.pose @ motion).distance_m(fix.pose) > limit_m

    def _radius_m(self, motion: Pose) -> float:
        travel_m = motion.distance_m(Pose.identity())
        return self._settings.radius_m + ODOMETRY_ERROR * travel_m

    def reset(self) -> None:
        """Drop all matches, after a jump back in time."""
        self._recent = []
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

    def _moved_enough(self, fix: Fix) -> bool:
        if not self._recent or self._settings.min_travel_m <= 0.0:
            return True
        motion = self._odometry.motion(self._recent[-1].stamp_ns, fix.stamp_ns)
        return (
            motion is not None
            and motion.distance_m(Pose.identity()) >= self._settings.min_travel_m
        )
