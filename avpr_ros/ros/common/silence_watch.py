# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Reports on subscriptions of which no message has come, for adapter and pose graph."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
import time

from rclpy.node import Node
from rclpy.subscription import Subscription

from avpr_ros.ros.common.diagnostics import Level, Report
from avpr_ros.ros.common.problem_log import ProblemLog
from avpr_ros.ros.common.topic_hints import interface_type, localizer_hint, missing_topic_hint

#: Seconds after the start within which the other nodes are discovered and their messages come.
START_S = 3.0


@dataclass(frozen=True)
class WatchedInput:
    """One subscription.

    Attributes:
        task: name of its report.
        subscription: of rclpy.
        received: returns how many messages have come.
        argument: launch argument of its topic; empty: it is a topic of the localizer.
    """

    task: str
    subscription: Subscription
    received: Callable[[], int]
    argument: str = ''


class StartGrace:
    """True once the time has passed that inputs may take to come after the start."""

    def __init__(self) -> None:
        """Begin now."""
        self._start_s = time.monotonic()

    def over(self) -> bool:
        """Return whether the time has passed."""
        return time.monotonic() - self._start_s > START_S


class SilenceWatch:
    """Names what is published instead of topics without publishers, in reports and in the log."""

    def __init__(self, node: Node, inputs: list[WatchedInput]) -> None:
        """Begin now; write one line on what is listened to.

        Args:
            node: whose subscriptions they are.
            inputs: what is watched.
        """
        self._node = node
        self._inputs = inputs
        self._log = ProblemLog(node.get_logger())
        self._grace = StartGrace()

    @property
    def topics(self) -> str:
        """The resolved topics, for the log."""
        return ' and '.join(one.subscription.topic_name for one in self._inputs)

    def reports(self) -> list[Report]:
        """Return a warning for each input that is not published; log the new ones."""
        if not self._grace.over():
            return []
        found = []
        for one in self._inputs:
            hint = None if one.received() else self._hint(one)
            level = Level.OK if hint is None else Level.WARN
            topic = one.subscription.topic_name
            text = f'Listens on {topic}.' if hint is None else f'Nothing comes: {hint}.'
            found.append(Report(one.task, level, text, {'received': one.received()}))
        self._log.write(found)
        return found

    def _hint(self, one: WatchedInput) -> str | None:
        topic, kind = one.subscription.topic_name, interface_type(one.subscription.msg_type)
        if one.argument:
            return missing_topic_hint(self._node, topic, kind, one.argument)
        return localizer_hint(self._node, topic, kind)
