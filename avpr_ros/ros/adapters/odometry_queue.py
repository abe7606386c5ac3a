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
    """Hands fixes on in the order they came, each once odometry has reached its stamp.

    Odometry that stopped holds nothing up for longer than the wait, one that never came not at
    all.
    """

    def __init__(self, odometry: OdometryBuffer, wait_s: float, limit: int = 50) -> None:
        """Start empty; ``limit`` fixes wait at most, the oldest go first."""
        self._odometry = odometry
        self._wait_s = wait_s
        self._waiting: deque[tuple[float, Item]] = deque(maxlen=limit)

    def put(self, fix: Item, now_s: float) -> None:
        """Take a fix that came at ``now_s`` of a steady clock."""
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
