# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Publishes ``map -> odom`` on ``/tf`` as long as no other node does."""

from __future__ import annotations

import importlib
from typing import Any

from geometry_msgs.msg import TransformStamped
from rclpy.node import Node
from rclpy.qos import QoSProfile

from avpr_ros.errors import ConfigError
from avpr_ros.poses import Pose
from avpr_ros.ros.adapters.map_to_odom import DuplicatePublisherDetector


class TfOutput:
    """Broadcaster of a transform; it stops for good when another node publishes it too.

    Attributes:
        silenced: whether another publisher was detected.
    """

    def __init__(self, node: Node, odom_frame: str) -> None:
        """Subscribe to ``/tf`` and create the publisher.

        Raises:
            ConfigError: tf2_msgs is not installed.
        """
        try:
            self._type: Any = importlib.import_module('tf2_msgs.msg').TFMessage
        except ImportError as error:
            raise ConfigError(
                'Mode map_to_odom needs tf2_msgs, which cannot be imported; install '
                'ros-$ROS_DISTRO-tf2-msgs or use another mode.'
            ) from error
        self.silenced = False
        self._node = node
        self._odom_frame = odom_frame
        self._others = DuplicatePublisherDetector()
        profile = QoSProfile(depth=100)
        self._publisher = node.create_publisher(self._type, '/tf', profile)
        node.create_subscription(self._type, '/tf', self._on_tf, profile)

    def publish(self, map_from_odom: Pose, map_frame: str, stamp: Any) -> None:
        """Publish the transform with the stamp of the odometry it goes with."""
        if self.silenced:
            return
        message = transform_message(map_from_odom, map_frame, self._odom_frame, stamp)
        self._others.sent(*_identity(message))
        self._publisher.publish(self._type(transforms=[message]))

    def _on_tf(self, message: Any) -> None:
        for transform in message.transforms:
            same_frame = transform.child_frame_id == self._odom_frame
            other = same_frame and self._others.is_foreign(*_identity(transform))
            if other and not self.silenced:
                self.silenced = True
                self._node.get_logger().error(
                    f"Another node publishes '{transform.header.frame_id}' -> "
                    f"'{self._odom_frame}': only one may, so the adapter has stopped publishing. "
                    'Stop the other node or use another mode of the adapter.'
                )


def _identity(message: TransformStamped) -> tuple[object, ...]:
    """Return the stamp and numbers that identify a transform."""
    stamp, t, q = message.header.stamp, message.transform.translation, message.transform.rotation
    return (stamp.sec, stamp.nanosec, t.x, t.y, t.z, q.x, q.y, q.z, q.w)


def transform_message(pose: Pose, parent: str, child: str, stamp: Any) -> TransformStamped:
    """Return ``parent_from_child`` as a message."""
    message = TransformStamped()
    message.header.stamp = stamp
    message.header.frame_id = parent
    message.child_frame_id = child
    translation, rotation = message.transform.translation, message.transform.rotation
    values = [float(value) for value in pose.as_xyz_quaternion()]
    translation.x, translation.y, translation.z = values[:3]
    rotation.x, rotation.y, rotation.z, rotation.w = values[3:]
    return message
