# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A small diagnostics updater (REP-107): tasks report, one message a second carries them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
import time

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.clock import Clock, ClockType
from rclpy.duration import Duration
from rclpy.node import Node

#: The one topic of all nodes (REP-107).
TOPIC = '/diagnostics'


class Level(Enum):
    """Levels of ``diagnostic_msgs/DiagnosticStatus``."""

    OK = DiagnosticStatus.OK
    WARN = DiagnosticStatus.WARN
    ERROR = DiagnosticStatus.ERROR


@dataclass(frozen=True)
class Report:
    """Diagnostics of one task.

    Attributes:
        task: its name, after the node's.
        level: severity.
        message: one sentence.
        values: details by name.
    """

    task: str
    level: Level
    message: str
    values: Mapping[str, object] = field(default_factory=dict)


def status_message(node_name: str, report: Report, hardware_id: str = 'none') -> DiagnosticStatus:
    """Convert a report; names are ``NODE: TASK``."""
    return DiagnosticStatus(
        level=report.level.value,
        name=f'{node_name}: {report.task}',
        message=report.message,
        hardware_id=hardware_id,
        values=[KeyValue(key=key, value=str(value)) for key, value in report.values.items()],
    )


class Diagnostics:
    """Publishes the reports of its tasks on ``/diagnostics``.

    The timer runs on the steady clock: under simulated time the reports must go on when
    ``/clock`` is silent, which is just when somebody reads them.
    """

    def __init__(
        self, node: Node, tasks: Callable[[], list[Report]], period_s: float = 1.0
    ) -> None:
        """Start reporting.

        Args:
            node: the node that publishes.
            tasks: returns the reports of this moment.
            period_s: time between two messages.
        """
        self._node = node
        self._tasks = tasks
        self._publisher = node.create_publisher(DiagnosticArray, TOPIC, 10)
        node.create_timer(period_s, self.publish, clock=Clock(clock_type=ClockType.STEADY_TIME))

    def publish(self) -> None:
        """Publish one message now."""
        message = DiagnosticArray()
        message.header.stamp = self._node.get_clock().now().to_msg()
        name = self._node.get_name()
        # The topic is one for all robots: this tells them apart.
        whose = self._node.get_fully_qualified_name()
        message.status = [status_message(name, report, whose) for report in self._tasks()]
        self._publisher.publish(message)


#: Longest wait of a node that cannot start for somebody who listens to why; discovery was
#: measured to take 2 s.
_REFUSAL_WAIT_S = 3.0
#: After the subscription is known here, until the publisher is known there.
_MATCH_S = 0.2


class Refusal:
    """Reports once why a node cannot start, as an error of the task ``start``.

    The publisher is created before the work of the start, so that it is discovered meanwhile.
    """

    def __init__(self, node: Node) -> None:
        """Create the publisher.

        Args:
            node: the node that may not be able to start.
        """
        self._node = node
        self._publisher = node.create_publisher(DiagnosticArray, TOPIC, 10)

    def withdraw(self) -> None:
        """Destroy the publisher: the node has started."""
        self._node.destroy_publisher(self._publisher)

    def publish(self, text: str) -> None:
        """Publish what is wrong and what to do, where somebody listens.

        Args:
            text: one sentence.
        """
        deadline_s = time.monotonic() + _REFUSAL_WAIT_S
        while not self._publisher.get_subscription_count():
            if time.monotonic() > deadline_s:
                return
            time.sleep(0.02)
        time.sleep(_MATCH_S)
        message = DiagnosticArray()
        message.header.stamp = self._node.get_clock().now().to_msg()
        report = Report('start', Level.ERROR, text)
        whose = self._node.get_fully_qualified_name()
        message.status = [status_message(self._node.get_name(), report, whose)]
        self._publisher.publish(message)
        self._publisher.wait_for_all_acked(Duration(seconds=1.0))
