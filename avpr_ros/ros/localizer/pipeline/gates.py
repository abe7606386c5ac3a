# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Limits of rate, motion and age, checked before an image is decoded."""

from __future__ import annotations

from avpr_ros.poses import Pose
from avpr_ros.stamps import NS_PER_S

#: Stamps further than this from the node's clock come from another clock, such as a recording's
#: that is played without ``/clock``; no age can be computed from them.
OTHER_CLOCK_NS = 60 * NS_PER_S

#: Part of a period by which an image may come early: a camera's jitter must not halve the rate.
JITTER = 0.1


class RateGate:
    """Lets images through at a limited rate.

    The next one is due one period after the last was due, not after it came, so that the mean rate
    is the limit even when the camera's rate is not a multiple of it.
    """

    def __init__(self) -> None:
        self._last_due_ns: int | None = None
        self._last_ns = 0

    def open(self, now_ns: int, max_rate_hz: float) -> bool:
        """Return whether an image of this moment passes, and count it if so.

        Args:
            now_ns: node clock; a jump back opens the gate.
            max_rate_hz: the limit; 0 for none.
        """
        if now_ns < self._last_ns:
            self.reset()
        self._last_ns = now_ns
        if max_rate_hz <= 0.0:
            return True
        if self.closed_for_ns(now_ns, max_rate_hz) > 0:
            return False
        period_ns = int(NS_PER_S / max_rate_hz)
        due_ns = now_ns if self._last_due_ns is None else self._last_due_ns + period_ns
        # A pause is not made up for by a burst.
        self._last_due_ns = max(due_ns, now_ns - period_ns)
        return True

    def closed_for_ns(self, now_ns: int, max_rate_hz: float) -> int:
        """Return for how long from now no image may pass; 0 or less: one may.

        Args:
            now_ns: node clock.
            max_rate_hz: the limit; 0 for none.
        """
        if max_rate_hz <= 0.0 or self._last_due_ns is None:
            return 0
        period_ns = int(NS_PER_S / max_rate_hz)
        return self._last_due_ns + period_ns - int(JITTER * period_ns) - now_ns

    def reset(self) -> None:
        """Forget the past: the next image may pass."""
        self._last_due_ns = None


class MotionGate:
    """Lets images through once the robot has moved since the last one of the same camera.

    Images of a robot that stands show the same view: matching them costs work and adds no
    information. Where there is no odometry every image passes.
    """

    def __init__(self) -> None:
        self._last: dict[str, tuple[int, Pose]] = {}

    def open(
        self,
        camera: str,
        stamp_ns: int,
        odom_from_base: Pose | None,
        min_travel_m: float,
        min_turn_rad: float,
        stationary_period_s: float,
    ) -> bool:
        """Return whether an image passes, and remember its pose if so.

        Args:
            camera: name of the camera that took it.
            stamp_ns: its stamp; one before the camera's last opens the gate.
            odom_from_base: the base at that stamp; None opens the gate.
            min_travel_m: the limit; 0 for none.
            min_turn_rad: the limit; 0 for none.
            stationary_period_s: after this long an image passes all the same.
        """
        if odom_from_base is None:
            self._last.pop(camera, None)
            return True
        last = self._last.get(camera)
        if last is not None:
            passed_s = (stamp_ns - last[0]) / NS_PER_S
            moved = (
                last[1].distance_m(odom_from_base) >= min_travel_m
                or last[1].angle_rad(odom_from_base) >= min_turn_rad
            )
            if not moved and 0 <= passed_s < stationary_period_s:
                return False
        self._last[camera] = (stamp_ns, odom_from_base)
        return True

    def reset(self) -> None:
        """Forget the past: the next image of each camera may pass."""
        # Replaced, not cleared: another thread may be in the middle of an image.
        self._last = {}


def too_old(stamp_ns: int, now_ns: int, max_age_s: float) -> bool:
    """Return whether an image is older than the limit, where the clocks can be compared.

    Args:
        stamp_ns: the image's stamp.
        now_ns: node clock.
        max_age_s: the limit; 0 for none.
    """
    age_ns = now_ns - stamp_ns
    return 0.0 < max_age_s * NS_PER_S < age_ns < OTHER_CLOCK_NS
