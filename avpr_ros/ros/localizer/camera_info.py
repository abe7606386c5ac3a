# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Intrinsics of the node's cameras, from ``camera_info``."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.subscription import Subscription
from sensor_msgs.msg import CameraInfo

from avpr_ros.ros.localizer.interface import image_topic
from avpr_ros.sources.bags.messages import camera_intrinsics
from avpr_ros.sources.frame import CameraIntrinsics
from avpr_ros.verification.camera_model import CameraModel


class CameraInfoInput:
    """Listens on the ``camera_info`` of each image topic until it came once.

    Optional: where none comes, the camera model of the map stands in.
    """

    def __init__(self, node: Node, cameras: Sequence[str]) -> None:
        """Subscribe for each camera, in the namespace of its image topic as remapped."""
        self._node = node
        self._intrinsics: dict[str, CameraIntrinsics] = {}
        self._waiting: dict[str, Subscription] = {}
        for camera in cameras:
            images = node.resolve_topic_name(image_topic(camera, tuple(cameras)))
            # As image_transport has it; best effort hears publishers of either kind.
            self._waiting[camera] = node.create_subscription(
                CameraInfo,
                f'{images.rpartition("/")[0]}/camera_info',
                partial(self._on_message, camera),
                QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT),
            )

    def intrinsics(self, camera: str) -> CameraIntrinsics | None:
        """Return a camera's intrinsics; None before they came."""
        return self._intrinsics.get(camera)

    def _on_message(self, camera: str, message: CameraInfo) -> None:
        subscription = self._waiting.pop(camera, None)
        if subscription is None:
            return
        self._node.destroy_subscription(subscription)
        found = camera_intrinsics(message)
        try:
            if found is None:
                raise ValueError('the camera is not calibrated')
            CameraModel(found, found.width_px, found.height_px)
        except ValueError as error:
            self._node.get_logger().warning(
                f"camera_info of camera '{camera}' is not used: {error}; the camera model "
                'of the map, if it has one, stands in for it.'
            )
            return
        self._intrinsics[camera] = found
