# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Plays images to a node over topics and collects what it answers."""

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

#: Seconds between two looks at who is there.
LOOK_PERIOD_S = 0.05
#: Seconds between two log lines about the progress.
PROGRESS_PERIOD_S = 5.0
#: Seconds in which further listeners may still be connected.
SETTLE_S = 2.0
#: Messages other than images that wait for a slow subscriber at most.
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
            listeners: nodes beside that one that must not miss the first answers and messages.
        """
        self.records: list[Record] = []
        self._by_stamp: dict[int, Record] = {}
        self._node = node
        self._target = '/' + target.strip('/')
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(node)
        # Subscriptions first: when the node under test has found the publisher, it has them too.
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
        """Wait until the node listens, its answers can be heard, and every topic is wanted.

        Raises:
            SourceError: it does not within the time.
        """
        if not self._spin_until(lambda: not self._missing(), timeout_s):
            raise SourceError(
                f'After {timeout_s:g} s {" and ".join(self._missing())}: start the node, remap '
                'its image topic, choose its image_transport, and give its name with --node.'
            )
        # Others who listen are waited for, too, but not for ever: their QoS may not fit.
        self._spin_until(self._all_matched, min(timeout_s, SETTLE_S))

    def play_closed_loop(self, messages: Iterable[BagMessage], timeout_s: float) -> None:
        """Publish each image only after the one before was answered, or the time was up.

        What lies between two images goes out between them, at once.
        """
        for one in messages:
            if not self._publish_other(one):
                record = self._publish(one)
                self._spin_until(partial(_complete, record), timeout_s)

    def play_at_rate(
        self, messages: Iterable[BagMessage], rate_hz: float, timeout_s: float
    ) -> None:
        """Publish images at a fixed rate, answered or not, then wait for the last answer."""
        start_s = time.monotonic()
        for one in messages:
            if not self._publish_other(one):
                due_s = start_s + len(self.records) / rate_hz
                self._spin_until(lambda: False, due_s - time.monotonic())
                self._publish(one)
        if self.records:
            self._spin_until(lambda: self.records[-1].complete, timeout_s)

    def close(self) -> None:
        """Take the node out of the executor."""
        self._executor.shutdown()

    def _all_matched(self) -> bool:
        return not self._unmatched()

    def _unmatched(self) -> list[str]:
        """Return the further topics whose publisher is not connected to all who listen."""
        return [
            name
            for name, publisher in self._also.items()
            if publisher.get_subscription_count() < self._node.count_subscribers(name)
        ]

    def _missing(self) -> list[str]:
        missing = [
            f'nobody publishes {name}'
            for name in self._sources
            if not self._node.count_publishers(name)
        ]
        missing += [
            f'nobody subscribes to {publisher.topic_name} in a way that fits'
            for publisher in (self._publisher, *self._also.values())
            if not publisher.get_subscription_count()
        ]
        # Others may look at the images too; it is the node's answers that count.
        topic = self._publisher.topic_name
        listeners = self._node.get_subscriptions_info_by_topic(topic)
        names = {f'{one.node_namespace.rstrip("/")}/{one.node_name}' for one in listeners}
        if listeners and self._target not in names:
            missing.append(f'{self._target} does not subscribe to {topic}')
        if self._links is not None:
            missing += [f'{name} has not reached everybody' for name in self._unmatched()]
            missing += self._links.missing()
        return missing

    def _publish_other(self, one: BagMessage) -> bool:
        """Publish a message of a further topic; tell whether it is one."""
        publisher = self._also.get(one.topic)
        if publisher is not None:
            publisher.publish(one.data)
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

    def _on_loop_closure(self, message: PoseWithCovarianceStamped) -> None:
        if record := self._by_stamp.get(stamp_ns(message.header.stamp)):
            record.loop_closure = pose_values(message)


def _complete(record: Record) -> bool:
    return record.complete
