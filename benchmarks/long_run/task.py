# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What a robot of the long run does every so often."""

from __future__ import annotations

from collections.abc import Callable
import time


class Task:
    """Work that is due every so often, or once."""

    def __init__(self, period_s: float, work: Callable[[], None], once: bool = False) -> None:
        """Set up.

        Args:
            period_s: seconds until it is due, and between two times.
            work: what is done.
            once: whether it is done a single time.
        """
        self._period_s = period_s
        self._work = work
        self._once = once
        self.done = False
        self.due_s = time.monotonic() + period_s

    def run(self, now_s: float) -> None:
        """Do the work if it is due at this time of the monotonic clock, seconds."""
        if now_s >= self.due_s and not self.done:
            self.done = self._once
            self.due_s = float('inf') if self._once else max(self.due_s + self._period_s, now_s)
            self._work()
