# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Decides from stamp, rate and motion whether an image is worth decoding."""

from __future__ import annotations

from collections.abc import Callable

from rclpy.clock import Clock

from avpr_ros.poses import Pose
from avpr_ros.ros.localizer.parameters import Settings
from avpr_ros.ros.localizer.pipeline.gates import MotionGate, RateGate, too_old
from avpr_ros.ros.localizer.pipeline.stamp_watch import StampWatch
from avpr_ros.stamps import NS_PER_S

#: Length of one pause of the image subscriptions while the node is disabled.
DISABLED_PAUSE_NS = NS_PER_S


class ImageGate:
    """The gates that an image passes before it is decoded; each names its reason for a drop.

    Attributes:
        enabled: whether images are matched that no ``~/trigger`` asked for.
        stamps: watches the stamps of each camera.
        last_age_s: age of the last image by its stamp and the clock of the node.
    """

    def __init__(self, clock: Clock, pause: Callable[[int], None]) -> None:
        """Start enabled, with every gate open.

        Args:
            clock: of the node.
            pause: called with the nanoseconds for which no image can pass.
        """
        self.enabled = True
        self.last_age_s = 0.0
        self.stamps = StampWatch()
        self._clock = clock
        self._pause = pause
        self._rate = RateGate()
        self._motion = MotionGate()

    def drop_by_time(self, camera: str, stamp_ns: int, settings: Settings) -> str | None:
        """Return the reason to drop an image by its age or the rate limit; None: it passes.

        Args:
            camera: name of the camera.
            stamp_ns: the image's stamp.
            settings: ``max_image_age_s`` and ``max_rate_hz``.
        """
        now_ns = self._clock.now().nanoseconds
        self.last_age_s = (now_ns - stamp_ns) / NS_PER_S
        self.stamps.add(camera, stamp_ns, now_ns)
        if not self.enabled:
            self._pause(DISABLED_PAUSE_NS)
            return 'disabled'
        if too_old(stamp_ns, now_ns, settings.max_image_age_s):
            return 'too_old'
        if not self._rate.open(now_ns, settings.max_rate_hz):
            return 'rate'
        self._pause(self._rate.closed_for_ns(now_ns, settings.max_rate_hz))
        return None

    def drop_by_motion(
        self, camera: str, stamp_ns: int, odom_from_base: Pose | None, settings: Settings
    ) -> str | None:
        """Return the reason to drop an image of a robot that stands; None: it passes.

        Args:
            camera: name of the camera.
            stamp_ns: the image's stamp.
            odom_from_base: odometry at that stamp; None without.
            settings: ``min_travel_m``, ``min_turn_rad`` and ``stationary_period_s``.
        """
        moved = self._motion.open(
            camera,
            stamp_ns,
            odom_from_base,
            settings.min_travel_m,
            settings.min_turn_rad,
            settings.stationary_period_s,
        )
        return None if moved else 'still'

    @property
    def pause_reason(self) -> str:
        """The reason under which images discarded in a pause are counted."""
        return 'rate' if self.enabled else 'disabled'

    def reset(self) -> None:
        """Open every gate, as after a jump of the clock."""
        self._rate.reset()
        self.stamps.forget()
        self._motion.reset()
