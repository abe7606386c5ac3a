# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Hears the consumer's own estimate, and whether the consumer is there at all."""

from __future__ import annotations

from typing import Any

from geometry_msgs.msg import PoseWithCovarianceStamped
from nav_msgs.msg import Odometry
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile

from avpr_ros.ros.adapters.divergence import DivergenceMonitor
from avpr_ros.ros.adapters.listeners import Listeners
from avpr_ros.ros.adapters.pose_request import PoseRequest
from avpr_ros.ros.common.compat import SubscriptionEventCallbacks
from avpr_ros.ros.common.stamped_pose import fix_from_message


class ConsumerInput:
    """Tells the requests and the watch what the consumer does.

    Attributes:
        received: how many of its own estimates came.
    """

    def __init__(
        self,
        node: Node,
        topic: str,
        one_shot: PoseRequest,
        watch: DivergenceMonitor | None,
        *,
        dry_run: bool,
    ) -> None:
        """Listen.

        Args:
            node: that sends the poses.
            topic: the consumer listens on, as the publisher has it, remapped.
            one_shot: is told whether somebody listens, and when the consumer comes up anew.
            watch: is told the consumer's own estimate, where the mode has one.
            dry_run: nothing is sent, so nobody is waited for.
        """
        self.received = 0
        self._node = node
        self._topic = topic
        self._one_shot = one_shot
        self._watch = watch
        self._dry_run = dry_run
        self._listeners = Listeners()
        if watch is not None:
            self._listen()

    def look(self) -> bool:
        """See who listens now; tell whether a consumer does."""
        found = {
            bytes(one.endpoint_gid): f'{one.node_namespace.rstrip("/")}/{one.node_name}'
            for one in self._node.get_subscriptions_info_by_topic(self._topic)
        }
        if self._listeners.look(found):
            self._node.get_logger().info(f'The consumer on {self._topic} was started again.')
            self._one_shot.consumer_came()
            if self._watch is not None:
                self._watch.forget()
        self._one_shot.heard = self._listeners.present or self._dry_run
        return self._listeners.present

    def _listen(self) -> None:
        # AMCL's estimate is latched, slam_toolbox's is not: one subscription of each kind hears
        # both, and the same message twice does no harm. robot_localization's is odometry.
        volatile, latched = (
            QoSProfile(depth=1, durability=durability)
            for durability in (DurabilityPolicy.VOLATILE, DurabilityPolicy.TRANSIENT_LOCAL)
        )
        for kind, topic, profile in (
            (PoseWithCovarianceStamped, 'consumer_pose', volatile),
            (PoseWithCovarianceStamped, 'consumer_pose', latched),
            (Odometry, 'consumer_odom', volatile),
        ):
            self._node.create_subscription(
                kind,
                topic,
                self._on_estimate,
                profile,
                event_callbacks=SubscriptionEventCallbacks(incompatible_qos=lambda _: None),
            )

    def _on_estimate(self, message: Any) -> None:
        """Take a ``PoseWithCovarianceStamped`` or an ``Odometry``: both have what is needed."""
        assert self._watch is not None
        try:
            self._watch.on_consumer_pose(fix_from_message(message))
            self.received += 1
        except ValueError as error:
            self._node.get_logger().warning(
                f"The consumer's own pose is refused: {error}.", throttle_duration_sec=5.0
            )
