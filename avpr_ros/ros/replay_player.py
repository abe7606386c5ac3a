# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Plays images to a node over topics and collects what it answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
import time

from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import PoseWithCovarianceStamped
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import QoSProfile

from avpr_ros.errors import SourceError
from avpr_ros.ros.image_input import RELIABILITIES
from avpr_ros.ros.messages import stamp_ns
from avpr_ros.ros.replay_record import Record, pose_values

#: Seconds between two looks at who is there.
LOOK_PERIOD_S = 0.05
#: Seconds between two log lines about the progress.
PROGRESS_PERIOD_S = 5.0


class Player:
    """Publishes serialised images and keeps a record of each.

    Attributes:
        records: one per published image, in order.
    """

    def __init__(
        self, node: Node, target: str, topic: str, message_type: type, reliability: str
    ) -> None:
        """Create publisher and subscriptions.

        Args:
            node: the node to use; spun by this object alone.
            target: name of the node that answers, e.g. ``avpr_localizer``.
            topic: topic to publish on.
            message_type: class of the messages.
            reliability: ``reliable`` or ``best_effort``.
        """
        self.records: list[Record] = []
        self._by_stamp: dict[int, Record] = {}
        self._node = node
        self._target = '/' + target.strip('/')
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(node)
        # Subscriptions first: when the node under test has found the publisher, it has them too.
        self._sources = [f'{self._target}/matches', f'{self._target}/pose']
        node.create_subscription(DiagnosticArray, self._sources[0], self._on_matches, 50)
        node.create_subscription(PoseWithCovarianceStamped, self._sources[1], self._on_pose, 50)
        self._publisher = node.create_publisher(
            message_type, topic, QoSProfile(depth=5, reliability=RELIABILITIES[reliability])
        )

    def wait_for_node(self, timeout_s: float) -> None:
        """Wait until the node listens and its answers can be heard.

        Raises:
            SourceError: it does not within the time.
        """
        if not self._spin_until(lambda: not self._missing(), timeout_s):
            raise SourceError(
                f'After {timeout_s:g} s {" and ".join(self._missing())}: start the node, remap '
                'its image topic, choose its image_transport, and give its name with --node.'
            )

    def play_closed_loop(self, images: Iterable[tuple[int, bytes]], timeout_s: float) -> None:
        """Publish each image only after the one before was answered, or the time was up."""
        for stamp, data in images:
            record = self._publish(stamp, data)
            self._spin_until(partial(_complete, record), timeout_s)

    def play_at_rate(
        self, images: Iterable[tuple[int, bytes]], rate_hz: float, timeout_s: float
    ) -> None:
        """Publish at a fixed rate, answered or not, then wait for the last answer."""
        start_s = time.monotonic()
        for number, (stamp, data) in enumerate(images):
            due_s = start_s + number / rate_hz
            self._spin_until(lambda: False, due_s - time.monotonic())
            self._publish(stamp, data)
        if self.records:
            self._spin_until(lambda: self.records[-1].complete, timeout_s)

    def close(self) -> None:
        """Take the node out of the executor."""
        self._executor.shutdown()

    def _missing(self) -> list[str]:
        missing = [
            f'nobody publishes {name}'
            for name in self._sources
            if not self._node.count_publishers(name)
        ]
        if not self._publisher.get_subscription_count():
            missing.append(f'nobody subscribes to {self._publisher.topic_name} in a way that fits')
        return missing

    def _publish(self, stamp: int, data: bytes) -> Record:
        record = Record(stamp, time.perf_counter())
        self.records.append(record)
        self._by_stamp[stamp] = record
        self._publisher.publish(data)
        self._node.get_logger().info(
            f'{len(self.records)} images published.', throttle_duration_sec=PROGRESS_PERIOD_S
        )
        return record

    def _spin_until(self, done: Callable[[], bool], timeout_s: float) -> bool:
        """Handle what comes until ``done`` or the time is up; return whether it is done."""
        deadline_s = time.monotonic() + timeout_s
        while not done():
            left_s = deadline_s - time.monotonic()
            if left_s <= 0.0:
                return False
            self._executor.spin_once(timeout_sec=min(left_s, LOOK_PERIOD_S))
        return True

    def _on_matches(self, message: DiagnosticArray) -> None:
        received_s = time.perf_counter()
        if record := self._by_stamp.get(stamp_ns(message.header.stamp)):
            record.answer(message, received_s)

    def _on_pose(self, message: PoseWithCovarianceStamped) -> None:
        if record := self._by_stamp.get(stamp_ns(message.header.stamp)):
            record.pose = pose_values(message)


def _complete(record: Record) -> bool:
    return record.complete
