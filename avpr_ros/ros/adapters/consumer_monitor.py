# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Subscribes to the consumer's own estimate and detects whether the consumer is running."""

from __future__ import annotations

from typing import Any

from geometry_msgs.msg import PoseWithCovarianceStamped
from nav_msgs.msg import Odometry
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile

from avpr_ros.ros.adapters.divergence import DivergenceMonitor
from avpr_ros.ros.adapters.pose_request import PoseRequest
from avpr_ros.ros.adapters.subscriber_tracker import SubscriberTracker
from avpr_ros.ros.common.compat import SubscriptionEventCallbacks
from avpr_ros.ros.common.stamped_pose import fix_from_message


class ConsumerMonitor:
    """Passes the consumer's state to the pose request and to the divergence monitor.

    Attributes:
        received: number of the consumer's own estimates received.
    """

    def __init__(
        self,
        node: Node,
        topic: str,
        pose_request: PoseRequest,
        divergence: DivergenceMonitor | None,
        *,
        dry_run: bool,
    ) -> None:
        """Subscribe to the consumer's estimate.

        Args:
            node: the node that sends the poses.
            topic: resolved topic on which the poses are published.
            pose_request: receives whether a consumer subscribes, and the consumer's restarts.
            divergence: receives the consumer's own estimates; None where the mode has none.
            dry_run: nothing is sent, so no subscriber is needed.
        """
        self.received = 0
        self._node = node
        self._topic = topic
        self._pose_request = pose_request
        self._divergence = divergence
        self._dry_run = dry_run
        self._subscribers = SubscriberTracker()
        if divergence is not None:
            self._subscribe()

    def update(self) -> bool:
        """Read the current subscriptions; return whether a consumer subscribes."""
        found = {
            bytes(info.endpoint_gid): f'{info.node_namespace.rstrip("/")}/{info.node_name}'
            for info in self._node.get_subscriptions_info_by_topic(self._topic)
        }
        if self._subscribers.update(found):
            self._node.get_logger().info(f'The consumer on {self._topic} was restarted.')
            self._pose_request.on_consumer_restart()
            if self._divergence is not None:
                self._divergence.reset()
        self._pose_request.has_subscriber = self._subscribers.present or self._dry_run
        return self._subscribers.present

    def _subscribe(self) -> None:
        # AMCL's estimate is latched, slam_toolbox's is not: one subscription of each kind receives
        # both, and a duplicate message has no effect. robot_localization's is odometry.
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
        """Pass on a ``PoseWithCovarianceStamped`` or an ``Odometry``; the used fields agree."""
        assert self._divergence is not None
        try:
            self._divergence.on_consumer_pose(fix_from_message(message))
            self.received += 1
        except ValueError as error:
            self._node.get_logger().warning(
                f"The consumer's own pose is ignored: {error}.", throttle_duration_sec=5.0
            )
