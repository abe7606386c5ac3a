# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Why most images of a camera are not matched, and what to do about it, for the diagnostics."""

from __future__ import annotations

from collections.abc import Callable
import time

from rclpy.node import Node

from avpr_ros.ros.localizer.pipeline.recent_outcomes import RECENT_S, RecentOutcomes


class ClockWatch:
    """Detects a node clock that stands still: simulated time without ``/clock``."""

    def __init__(self, node: Node, steady_s: Callable[[], float] = time.monotonic) -> None:
        """Watch the clock of a node.

        Args:
            node: whose clock it is.
            steady_s: returns seconds of a steady clock.
        """
        self._node = node
        self._steady_s = steady_s
        self._last = (-1, steady_s())

    def problem(self) -> str | None:
        """Return what is wrong with the clock, in one sentence; None while it moves."""
        now_ns = self._node.get_clock().now().nanoseconds
        if now_ns != self._last[0]:
            self._last = (now_ns, self._steady_s())
        standing_s = self._steady_s() - self._last[1]
        simulated = bool(self._node.get_parameter('use_sim_time').value)
        if not simulated or (now_ns and standing_s < RECENT_S):
            return None
        return (
            f'The clock stands at {now_ns * 1e-9:.1f} s: use_sim_time is set and no /clock comes; '
            'start the player with --clock, or set use_sim_time to false.'
        )


def drop_problem(
    recent: RecentOutcomes, camera: str, age_s: float, details: dict[str, str]
) -> str | None:
    """Return why most recent images of a camera were dropped, in one sentence; None: few were.

    Args:
        recent: outcomes of the last seconds.
        camera: name of the camera.
        age_s: age of the last image by its stamp.
        details: last error by reason.
    """
    fault = recent.main_fault(camera)
    if fault is None:
        return None
    reason, share = fault
    text = f'{share:.0%} of the images of the last {RECENT_S:.0f} s are dropped: {reason}'
    if reason == 'too_old':
        return (
            f'{text}, the last one is {age_s:.1f} s old by its stamp; synchronise the clocks of '
            'camera and node (chrony, PTP), or raise max_image_age_s.'
        )
    detail = details.get(reason)
    return f'{text}.' if detail is None else f'{text}; {detail}'
