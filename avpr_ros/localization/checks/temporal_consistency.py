# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The best candidate must lie near those of the images just before."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from avpr_ros.arrays import FloatArray
from avpr_ros.localization.checks.check import MatchHypothesis
from avpr_ros.localization.result import Reason

#: Images of the history that are compared, and how many of them must be near.
WINDOW = 3
NEEDED = 2
#: Images older than this are not compared.
MAX_AGE_S = 10.0


@dataclass(frozen=True, eq=False)
class _PastMatch:
    """The best candidate of one image.

    Attributes:
        stamp_ns: of the image.
        row: of its keyframe.
        position_m: (3,) of the base there.
        moved: whether the near images before it retrieved more than this keyframe.
    """

    stamp_ns: int
    row: int
    position_m: FloatArray
    moved: bool


class TemporalConsistencyCheck:
    """Compares the best candidate with those of the last images of the same camera.

    A look-alike is retrieved for single images, while the images around it retrieve other places,
    each another one. A true match moves on with the robot. A keyframe that resembles every image
    (a hub: in another season's light, a dark tunnel) is retrieved for image after image and stays,
    so the images that agree must have retrieved two keyframes at least. Where the local features
    of the image were verified, their log-likelihood ratio accumulates over the images already.

    Attributes:
        reason: reason of a rejection.
    """

    reason = Reason.TEMPORAL_INCONSISTENCY

    def __init__(self, radius_m: float, max_speed_m_s: float) -> None:
        """Set up without a history.

        Args:
            radius_m: largest distance between candidates of one place.
            max_speed_m_s: of the robot; the radius grows by that for each second between images.
        """
        self._radius_m = radius_m
        self._max_speed_m_s = max_speed_m_s
        self.forget()

    def forget(self) -> None:
        """See ``Check``."""
        # Replaced, not cleared: another thread may be in the middle of an image.
        self._history: dict[str, deque[_PastMatch]] = {}
        self._accepted: dict[str, _PastMatch] = {}
        self._moved: dict[str, int] = {}

    def moved_images(self, camera: str) -> int:
        """Return how many of the last images contradict the last accepted match; 0: below two."""
        count = self._moved.get(camera, 0)
        return count if count >= NEEDED else 0

    def check(self, hypothesis: MatchHypothesis) -> str | None:
        """See ``Check``."""
        if hypothesis.verification is not None:
            return None
        near = self._near_matches(hypothesis)
        if len(near) < NEEDED:
            return (
                f'the best candidates of {len(near)} of the last {WINDOW} images lie near this '
                f'one, at least {NEEDED} must; keep driving'
            )
        if not _moved(hypothesis.row, near):
            return (
                'the last images all retrieved this one keyframe, which may resemble every image '
                '(a hub); at least two keyframes must be retrieved; keep driving'
            )
        return None

    def update(self, hypothesis: MatchHypothesis, accepted: bool) -> None:
        """See ``Check``; a stamp before the camera's last one clears its history."""
        camera, stamp_ns = hypothesis.query.camera, hypothesis.query.stamp_ns
        moved = _moved(hypothesis.row, self._near_matches(hypothesis))
        position_m = hypothesis.map_from_base.translation_m
        match = _PastMatch(stamp_ns, hypothesis.row, position_m, moved)
        self._history[camera] = deque([*self._recent(camera, stamp_ns), match], maxlen=WINDOW)
        self._moved[camera] = 0 if accepted else self._count_moved(camera, match)
        if accepted:
            self._accepted[camera] = match

    def _recent(self, camera: str, stamp_ns: int) -> list[_PastMatch]:
        """Return the images that may be compared with one of this stamp."""
        history = self._history.get(camera)
        if not history or stamp_ns < history[-1].stamp_ns:
            return []
        return [past for past in history if (stamp_ns - past.stamp_ns) * 1e-9 <= MAX_AGE_S]

    def _near_matches(self, hypothesis: MatchHypothesis) -> list[_PastMatch]:
        stamp_ns, position_m = hypothesis.query.stamp_ns, hypothesis.map_from_base.translation_m
        recent = self._recent(hypothesis.query.camera, stamp_ns)
        return [past for past in recent if self._near(stamp_ns, position_m, past)]

    def _count_moved(self, camera: str, match: _PastMatch) -> int:
        """Return the images in a row that lie out of reach of a match accepted just before."""
        accepted = self._accepted.get(camera)
        if accepted is None:
            return 0
        recent = 0 <= (match.stamp_ns - accepted.stamp_ns) * 1e-9 <= MAX_AGE_S
        if not recent or self._near(match.stamp_ns, match.position_m, accepted):
            return 0
        return self._moved.get(camera, 0) + 1

    def _near(self, stamp_ns: int, position_m: FloatArray, past: _PastMatch) -> bool:
        reach_m = self._radius_m + self._max_speed_m_s * (stamp_ns - past.stamp_ns) * 1e-9
        return bool(np.linalg.norm(position_m - past.position_m) <= reach_m)


def _moved(row: int, near: Sequence[_PastMatch]) -> bool:
    """Return whether near images retrieved another keyframe than this one."""
    return any(past.moved or past.row != row for past in near)
