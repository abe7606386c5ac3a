# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Publishes images to a node and collects its answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
import time

from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import PoseWithCovarianceStamped
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import QoSProfile

from avpr_ros.errors import SourceError
from avpr_ros.ros.common.localizer_interface import RELIABILITIES
from avpr_ros.ros.common.messages import stamp_ns
from avpr_ros.ros.replay.bag import BagMessage
from avpr_ros.ros.replay.connections import ConnectionMonitor
from avpr_ros.ros.replay.record import Record, pose_values

#: Seconds between two checks of the connections.
POLL_PERIOD_S = 0.05
#: Seconds between two log lines about the progress.
PROGRESS_PERIOD_S = 5.0
#: Longest wait, in seconds, for the connections of further subscribers.
SETTLE_S = 2.0
#: Most messages other than images that are queued for a slow subscriber.
ALSO_DEPTH = 1000


class Player:
    """Publishes serialised images and keeps a record of each.

    Attributes:
        records: one per published image, in order.
    """

    def __init__(
        self,
        node: Node,
        target: str,
        topic: str,
        message_type: type,
        reliability: str,
        also: Mapping[str, type],
        listeners: Sequence[str] = (),
    ) -> None:
        """Create publisher and subscriptions.

        Args:
            node: the node to use; spun by this object alone.
            target: name of the node that answers, e.g. ``avpr_localizer``.
            topic: topic to publish the images on.
            message_type: class of the images.
            reliability: ``reliable`` or ``best_effort``.
            also: further topics, with the classes of their messages.
            listeners: further nodes that must receive the answers and messages from the start.
        """
        self.records: list[Record] = []
        self._by_stamp: dict[int, Record] = {}
        self._node = node
        self._target = '/' + target.strip('/')
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(node)
        # Subscriptions first: a node that has discovered the publisher has discovered them too.
        self._sources = [f'{self._target}/{name}' for name in ('matches', 'pose', 'loop_closure')]
        node.create_subscription(DiagnosticArray, self._sources[0], self._on_matches, 50)
        for name, callback in zip(
            self._sources[1:], (self._on_pose, self._on_loop_closure), strict=True
        ):
            node.create_subscription(PoseWithCovarianceStamped, name, callback, 50)
        self._also = {
            name: node.create_publisher(kind, name, ALSO_DEPTH) for name, kind in also.items()
        }
        self._links = ConnectionMonitor(node, self._target, listeners) if listeners else None
        self._publisher = node.create_publisher(
            message_type, topic, QoSProfile(depth=5, reliability=RELIABILITIES[reliability])
        )

    def wait_for_node(self, timeout_s: float) -> None:
        """Wait until the node subscribes and publishes, and every topic has a subscriber.

        Raises:
            SourceError: a connection is missing after ``timeout_s``.
        """
        if not self._spin_until(lambda: not self._missing(), timeout_s):
            raise SourceError(
                f'After {timeout_s:g} s {" and ".join(self._missing())}: start the node, remap '
                'its image topic, choose its image_transport, and give its name with --node.'
            )
        # The wait for other subscribers is limited: their QoS may be incompatible.
        self._spin_until(self._all_matched, min(timeout_s, SETTLE_S))

    def play_closed_loop(self, messages: Iterable[BagMessage], timeout_s: float) -> None:
        """Publish each image after the answer to the previous one, or after ``timeout_s``.

        Messages of further topics are published between the images without waiting.
        """
        for message in messages:
            if not self._publish_other(message):
                record = self._publish(message)
                self._spin_until(partial(_complete, record), timeout_s)

    def play_at_rate(
        self, messages: Iterable[BagMessage], rate_hz: float, timeout_s: float
    ) -> None:
        """Publish images at a fixed rate, answered or not, then wait for the last answer."""
        start_s = time.monotonic()
        for message in messages:
            if not self._publish_other(message):
                due_s = start_s + len(self.records) / rate_hz
                self._spin_until(lambda: False, due_s - time.monotonic())
                self._publish(message)
        if self.records:
            self._spin_until(lambda: self.records[-1].complete, timeout_s)

    def close(self) -> None:
        """Shut the executor down."""
        self._executor.shutdown()

    def _all_matched(self) -> bool:
        return not self._unmatched()

    def _unmatched(self) -> list[str]:
        """Return the further topics whose publisher is not connected to all subscribers."""
        return [
            name
            for name, publisher in self._also.items()
            if publisher.get_subscription_count() < self._node.count_subscribers(name)
        ]

    def _missing(self) -> list[str]:
        missing = [
            f'no node publishes {name}'
            for name in self._sources
            if not self._node.count_publishers(name)
        ]
        missing += [
            f'no node subscribes to {publisher.topic_name} with a compatible QoS'
            for publisher in (self._publisher, *self._also.values())
            if not publisher.get_subscription_count()
        ]
        # A subscription of another node, such as a viewer, is not enough.
        topic = self._publisher.topic_name
        listeners = self._node.get_subscriptions_info_by_topic(topic)
        names = {f'{info.node_namespace.rstrip("/")}/{info.node_name}' for info in listeners}
        if listeners and self._target not in names:
            missing.append(f'{self._target} does not subscribe to {topic}')
        if self._links is not None:
            missing += [
                f'{name} is not connected to all subscribers' for name in self._unmatched()
            ]
            missing += self._links.missing()
        return missing

    def _publish_other(self, message: BagMessage) -> bool:
        """Publish a message of a further topic; return whether it is one."""
        publisher = self._also.get(message.topic)
        if publisher is not None:
            publisher.publish(message.data)
        return publisher is not None

    def _publish(self, image: BagMessage) -> Record:
        record = Record(image.stamp_ns, time.perf_counter())
        self.records.append(record)
        self._by_stamp[image.stamp_ns] = record
        self._publisher.publish(image.data)
        self._node.get_logger().info(
            f'{len(self.records)} images published.', throttle_duration_sec=PROGRESS_PERIOD_S
        )
        return record

    def _spin_until(self, done: Callable[[], bool], timeout_s: float) -> bool:
        """Run callbacks until ``done()`` or the timeout; return the last ``done()``."""
        deadline_s = time.monotonic() + timeout_s
        while not done():
            left_s = deadline_s - time.monotonic()
            if left_s <= 0.0:
                return False
            self._executor.spin_once(timeout_sec=min(left_s, POLL_PERIOD_S))
        return True

    def _on_matches(self, message: DiagnosticArray) -> None:
        received_s = time.perf_counter()
        if record := self._by_stamp.get(stamp_ns(message.header.stamp)):
            record.answer(message, received_s)

    def _on_pose(self, message: PoseWithCovarianceStamped) -> None:
        if record := self._by_stamp.get(stamp_ns(message.header.stamp)):
            record.pose = pose_values(message)

    def _on_loop_closure(self, message: PoseWithCovarianceStamped) -> None:
        if record := self._by_stamp.get(stamp_ns(message.header.stamp)):
            record.loop_closure = pose_values(message)


def _complete(record: Record) -> bool:
    return record.complete
