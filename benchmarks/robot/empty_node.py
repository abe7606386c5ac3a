# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A node that answers each image with an empty pose: what rclpy itself costs."""

from __future__ import annotations

import contextlib
from typing import Any

from geometry_msgs.msg import PoseWithCovarianceStamped
import rclpy
from rclpy.executors import ExternalShutdownException
from rclpy.qos import QoSProfile, QoSReliabilityPolicy
from sensor_msgs.msg import CompressedImage

if __name__ == '__main__':
    rclpy.init()
    node = rclpy.create_node('empty')
    publisher = node.create_publisher(PoseWithCovarianceStamped, '/avpr_localizer/pose', 10)

    def answer(image: Any) -> None:
        """Answer one image."""
        publisher.publish(PoseWithCovarianceStamped(header=image.header))

    node.create_subscription(
        CompressedImage,
        '/image/compressed',
        answer,
        QoSProfile(depth=1, reliability=QoSReliabilityPolicy.RELIABLE),
    )
    with contextlib.suppress(KeyboardInterrupt, ExternalShutdownException):
        rclpy.spin(node)
