# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Fixes and loop closures wait a moment for the odometry of their stamp."""

from __future__ import annotations

from collections import deque
from typing import Generic, TypeVar

from avpr_ros.ros.common.loop_closure import LoopClosure
from avpr_ros.ros.common.odometry_buffer import OdometryBuffer
from avpr_ros.ros.common.stamped_pose import Fix

Item = TypeVar('Item', Fix, LoopClosure)


class FixQueue(Generic[Item]):
    """First-in first-out queue: a fix leaves it once odometry has reached its stamp.

    After ``wait_s`` it leaves without odometry; before the first odometry it leaves at once.
    """

    def __init__(self, odometry: OdometryBuffer, wait_s: float, limit: int = 50) -> None:
        """Start empty.

        Args:
            odometry: odometry to wait for.
            wait_s: longest wait of a fix.
            limit: most fixes that wait; beyond it the oldest are dropped.
        """
        self._odometry = odometry
        self._wait_s = wait_s
        self._waiting: deque[tuple[float, Item]] = deque(maxlen=limit)

    def put(self, fix: Item, now_s: float) -> None:
        """Append a fix received at ``now_s`` of a steady clock."""
        self._waiting.append((now_s, fix))

    def ready(self, now_s: float) -> list[Item]:
        """Return the fixes whose wait is over."""
        fixes = []
        while self._waiting and self._over(*self._waiting[0], now_s):
            fixes.append(self._waiting.popleft()[1])
        return fixes

    def _over(self, came_s: float, fix: Item, now_s: float) -> bool:
        newest = self._odometry.newest()
        if newest is None or newest[0] >= fix.stamp_ns:
            return True
        return now_s - came_s >= self._wait_s
