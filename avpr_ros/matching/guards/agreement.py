# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The best candidate must lie where the images just before led."""

from __future__ import annotations

from collections import deque

import numpy as np

from avpr_ros.arrays import FloatArray
from avpr_ros.matching.guards.guard import Case
from avpr_ros.matching.result import Reason

#: How many images back are asked, and how many of them must agree.
WINDOW = 3
NEEDED = 2
#: Images older than this say nothing about the present one.
MAX_AGE_S = 10.0


class AgreementGuard:
    """Asks the last images of the same camera whether their best candidates lie near this one's.

    A look-alike wins for single images; the images around them then point elsewhere, each to
    another place. A true match moves on with the robot. Where landmarks leave no doubt about one
    image, the others are not asked.

    Attributes:
        reason: what a rejection is called.
    """

    reason = Reason.SEQUENCE

    def __init__(self, radius_m: float, max_speed_m_s: float) -> None:
        """Set up without a past.

        Args:
            radius_m: how far apart the candidates of one place may lie.
            max_speed_m_s: of the robot; the radius grows by that for each second between images.
        """
        self._radius_m = radius_m
        self._max_speed_m_s = max_speed_m_s
        self._trails: dict[str, deque[tuple[int, FloatArray]]] = {}

    def forget(self) -> None:
        """Start all cameras anew."""
        # Replaced, not cleared: another thread may be in the middle of an image.
        self._trails = {}

    def objection(self, case: Case) -> str | None:
        """See ``Guard``; a stamp before the camera's last one starts that camera anew."""
        stamp_ns, position_m = case.query.stamp_ns, case.map_from_base.translation_m
        trail = self._trails.setdefault(case.query.camera, deque(maxlen=WINDOW))
        if trail and stamp_ns < trail[-1][0]:
            trail.clear()
        while trail and (stamp_ns - trail[0][0]) * 1e-9 > MAX_AGE_S:
            trail.popleft()
        agreeing = sum(self._near(stamp_ns, position_m, *earlier) for earlier in trail)
        trail.append((stamp_ns, position_m))
        if agreeing >= NEEDED or case.stands_alone:
            return None
        return (
            f'{agreeing} of the last {WINDOW} images led near this place, {NEEDED} must; drive on'
        )

    def told(self, case: Case, accepted: bool) -> None:
        """See ``Guard``: what became of a match does not matter here."""

    def _near(
        self, stamp_ns: int, position_m: FloatArray, earlier_ns: int, earlier_m: FloatArray
    ) -> bool:
        reach_m = self._radius_m + self._max_speed_m_s * (stamp_ns - earlier_ns) * 1e-9
        return bool(np.linalg.norm(position_m - earlier_m) <= reach_m)
