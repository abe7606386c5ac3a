# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Log lines on the problems that the diagnostics report: each at once, then now and then."""

from __future__ import annotations

from collections.abc import Callable, Iterable
import re
import time
from typing import Any

from avpr_ros.ros.common.diagnostics import Level, Report

#: Seconds between two lines on the same problem of a task.
PERIOD_S = 30.0
_NUMBER = re.compile(r'\d+(\.\d+)?')


class ProblemLog:
    """Writes a warning for each new problem, and one line when it has gone.

    rclpy's own throttle counts by line of code: of two cameras with problems it would drop one.
    """

    def __init__(self, logger: Any, clock_s: Callable[[], float] = time.monotonic) -> None:
        """Write to a logger of rclpy.

        Args:
            logger: of the node.
            clock_s: returns seconds of a steady clock.
        """
        self._logger = logger
        self._clock_s = clock_s
        self._written: dict[str, dict[str, float]] = {}

    def write(self, reports: Iterable[Report]) -> None:
        """Write what is new in the reports of this moment; numbers make no problem a new one."""
        now_s = self._clock_s()
        for report in reports:
            if report.level is Level.OK:
                if self._written.pop(report.task, None):
                    self._logger.info(f'{report.task}: {report.message}')
                continue
            written = self._written.setdefault(report.task, {})
            text = _NUMBER.sub('#', report.message)
            if now_s - written.get(text, -PERIOD_S) >= PERIOD_S:
                written[text] = now_s
                if report.level is Level.ERROR:
                    self._logger.error(report.message)
                else:
                    self._logger.warning(report.message)
