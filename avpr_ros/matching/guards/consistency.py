# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Matches along the way must lie to each other as odometry says the robot moved."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from avpr_ros.matching.guards.clique import largest_clique_with
from avpr_ros.matching.guards.guard import Case
from avpr_ros.matching.result import Reason
from avpr_ros.poses import Pose

#: Images along the way that are compared.
WINDOW = 12
#: How many of them, the present one included, must be consistent with one another.
NEEDED = 4
#: Keyframe spacings that the robot moves between two images that are compared.
STEP_SPACINGS = 0.5
#: Part of the way by which odometry may be wrong.
DRIFT = 0.05


@dataclass(frozen=True, eq=False)
class _Stop:
    """One image along the way: where it would be in the map, and by odometry."""

    map_from_base: Pose
    odom_from_base: Pose


class ConsistencyGuard:
    """Pairwise consistency of matches (PCM: Mangelson et al., ICRA 2018).

    Two matches i, j agree when the map's motion between their keyframes is the motion of odometry,
    within the reach of a keyframe. Of the last images along the way the largest set is sought in
    which all agree and which the present image is part of. A look-alike may agree with one image
    by chance; a row of them on the robot's own path is the path. A robot that stands adds nothing:
    the same view twice is one piece of evidence.

    Without odometry there is no objection.
    """

    reason = Reason.ODOMETRY

    def __init__(self, spacing_m: float, rotation_step_rad: float) -> None:
        """Set up for a map.

        Args:
            spacing_m: distance between its keyframes.
            rotation_step_rad: rotation between its keyframes.
        """
        self._step_m = STEP_SPACINGS * spacing_m
        self._reach_m = 2.0 * spacing_m
        self._reach_rad = rotation_step_rad + 0.5
        self._ways: dict[str, deque[_Stop]] = {}

    def forget(self) -> None:
        """Start all cameras anew."""
        self._ways = {}

    def objection(self, case: Case) -> str | None:
        """See ``Guard``."""
        odom_from_base = case.query.odom_from_base
        if odom_from_base is None:
            return None
        way = self._ways.setdefault(case.query.camera, deque(maxlen=WINDOW))
        here = _Stop(case.map_from_base, odom_from_base)
        stops = [one for one in way if self._moved(one, here)]
        if not way or self._moved(way[-1], here):
            way.append(here)
        stops.append(here)
        agree = np.array([[self._agree(a, b) for b in stops] for a in stops], dtype=np.bool_)
        count = len(largest_clique_with(len(stops) - 1, agree))
        if count >= NEEDED:
            return None
        return (
            f'{count} of the last {len(stops)} images along the way lie to each other as odometry '
            f'says, {NEEDED} must; drive on'
        )

    def told(self, case: Case, accepted: bool) -> None:
        """See ``Guard``: what became of a match does not matter here."""

    def _moved(self, earlier: _Stop, later: _Stop) -> bool:
        moved_m = earlier.odom_from_base.distance_m(later.odom_from_base)
        turned_rad = earlier.odom_from_base.angle_rad(later.odom_from_base)
        return moved_m >= self._step_m or turned_rad >= self._reach_rad

    def _agree(self, first: _Stop, second: _Stop) -> bool:
        motion = first.odom_from_base.inverse() @ second.odom_from_base
        expected = first.map_from_base @ motion
        reach_m = self._reach_m + DRIFT * float(np.linalg.norm(motion.translation_m))
        return (
            expected.distance_m(second.map_from_base) <= reach_m
            and expected.angle_rad(second.map_from_base) <= self._reach_rad
        )
