# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The best candidate must lie where the images just before led."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from avpr_ros.arrays import FloatArray
from avpr_ros.localization.checks.check import MatchHypothesis
from avpr_ros.localization.result import Reason

#: How many images back are asked, and how many of them must agree.
WINDOW = 3
NEEDED = 2
#: Images older than this say nothing about the present one.
MAX_AGE_S = 10.0


@dataclass(frozen=True, eq=False)
class _PastMatch:
    """What one image led to.

    Attributes:
        stamp_ns: of the image.
        row: of its keyframe.
        position_m: (3,) of the base there.
        moved: whether the images on the way here led to more than this keyframe.
    """

    stamp_ns: int
    row: int
    position_m: FloatArray
    moved: bool


class TemporalConsistencyCheck:
    """Asks the last images of the same camera whether their best candidates lie near this one's.

    A look-alike wins for single images; the images around them then point elsewhere, each to
    another place. A true match moves on with the robot. A keyframe that is alike to everything
    (a hub: in another season's light, a dark tunnel) wins for image after image and stays, so
    the images that agree must have led to two keyframes at least. Where corners were looked at,
    their evidence along the way has been asked for already.

    Attributes:
        reason: what a rejection is called.
    """

    reason = Reason.TEMPORAL_INCONSISTENCY

    def __init__(self, radius_m: float, max_speed_m_s: float) -> None:
        """Set up without a past.

        Args:
            radius_m: how far apart the candidates of one place may lie.
            max_speed_m_s: of the robot; the radius grows by that for each second between images.
        """
        self._radius_m = radius_m
        self._max_speed_m_s = max_speed_m_s
        self.forget()

    def forget(self) -> None:
        """Start all cameras anew."""
        # Replaced, not cleared: another thread may be in the middle of an image.
        self._trails: dict[str, deque[_PastMatch]] = {}
        self._accepted: dict[str, _PastMatch] = {}
        self._moved: dict[str, int] = {}

    def moved_images(self, camera: str) -> int:
        """Return how many of the last images contradict the last accepted match; 0: below two."""
        count = self._moved.get(camera, 0)
        return count if count >= NEEDED else 0

    def objection(self, case: MatchHypothesis) -> str | None:
        """See ``Check``; a stamp before the camera's last one starts that camera anew."""
        stamp_ns, position_m = case.query.stamp_ns, case.map_from_base.translation_m
        trail = self._trails.setdefault(case.query.camera, deque(maxlen=WINDOW))
        if trail and stamp_ns < trail[-1].stamp_ns:
            trail.clear()
        while trail and (stamp_ns - trail[0].stamp_ns) * 1e-9 > MAX_AGE_S:
            trail.popleft()
        near = [earlier for earlier in trail if self._near(stamp_ns, position_m, earlier)]
        moved = any(earlier.moved or earlier.row != case.row for earlier in near)
        trail.append(_PastMatch(stamp_ns, case.row, position_m, moved))
        self._count_moved(case.query.camera, trail[-1])
        if case.look is not None:
            return None
        if len(near) < NEEDED:
            return (
                f'the best candidates of {len(near)} of the last {WINDOW} images lie near this '
                f'one, at least {NEEDED} must; keep driving'
            )
        if not moved:
            return (
                'the last images all retrieved this one keyframe, which may resemble every image '
                '(a hub); at least two keyframes must be retrieved; keep driving'
            )
        return None

    def told(self, case: MatchHypothesis, accepted: bool) -> None:
        """See ``Check``."""
        trail = self._trails.get(case.query.camera)  # None where all was just forgotten
        if accepted and trail:
            self._accepted[case.query.camera] = trail[-1]
            self._moved[case.query.camera] = 0

    def _count_moved(self, camera: str, led: _PastMatch) -> None:
        """Count images in a row that lie out of reach of a match accepted a moment ago."""
        count, accepted = 0, self._accepted.get(camera)
        if accepted is not None:
            recent = 0 <= (led.stamp_ns - accepted.stamp_ns) * 1e-9 <= MAX_AGE_S
            if recent and not self._near(led.stamp_ns, led.position_m, accepted):
                count = self._moved.get(camera, 0) + 1
        self._moved[camera] = count

    def _near(self, stamp_ns: int, position_m: FloatArray, earlier: _PastMatch) -> bool:
        reach_m = self._radius_m + self._max_speed_m_s * (stamp_ns - earlier.stamp_ns) * 1e-9
        return bool(np.linalg.norm(position_m - earlier.position_m) <= reach_m)
