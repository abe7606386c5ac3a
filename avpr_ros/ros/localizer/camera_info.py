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

from avpr_ros.errors import CalibrationError, UnsupportedModelError
from avpr_ros.ros.common.diagnostics import Level
from avpr_ros.ros.localizer.interface import image_topic
from avpr_ros.sources.camera_info import camera_intrinsics, rectification_doubt
from avpr_ros.sources.frame import CameraIntrinsics
from avpr_ros.sources.intrinsics import check_intrinsics, check_shape

#: Seconds between two log lines about one camera.
_LOG_PERIOD_S = 30.0


class CameraInfoInput:
    """Listens on the ``camera_info`` of each image topic until a usable one came.

    Optional: where none comes, the camera model of the map stands in.

    Attributes:
        problems: severity and reason, by camera, why its ``camera_info`` is not used; absent
            where it is, or where none came.
    """

    def __init__(self, node: Node, cameras: Sequence[str]) -> None:
        """Subscribe for each camera, in the namespace of its image topic as remapped."""
        self.problems: dict[str, tuple[Level, str]] = {}
        self._node = node
        self._topics: dict[str, str] = {}
        self._messages: dict[str, CameraInfo] = {}
        self._found: dict[tuple[str, tuple[int, int] | None], CameraIntrinsics | None] = {}
        self._waiting: dict[str, Subscription] = {}
        for camera in cameras:
            images = node.resolve_topic_name(image_topic(camera, tuple(cameras)))
            self._topics[camera] = images
            # As image_transport has it; best effort hears publishers of either kind.
            self._waiting[camera] = node.create_subscription(
                CameraInfo,
                f'{images.rpartition("/")[0]}/camera_info',
                partial(self._on_message, camera),
                QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT),
            )

    def intrinsics(
        self, camera: str, image_size_px: tuple[int, int] | None = None
    ) -> CameraIntrinsics | None:
        """Return a camera's intrinsics; None before they came, or where they cannot be used.

        Args:
            camera: name of the camera.
            image_size_px: width and height of the image as it was sent, where known.
        """
        message = self._messages.get(camera)
        if message is None:
            return None
        key = (camera, image_size_px)
        if key not in self._found:
            self._found[key] = self._usable(camera, message, image_size_px)
        return self._found[key]

    def _on_message(self, camera: str, message: CameraInfo) -> None:
        """Keep the first message that can be used; wait for another one until then."""
        if camera not in self._waiting:
            return
        # The size of the images, which stands in for none, is not known yet.
        size_px = None if message.width and message.height else (1, 1)
        if self._usable(camera, message, size_px) is not None:
            self._messages[camera] = message
            self._node.destroy_subscription(self._waiting.pop(camera))
            if doubt := rectification_doubt(message, self._topics[camera]):
                self._node.get_logger().warning(f"Camera '{camera}': {doubt}.")

    def _usable(
        self, camera: str, message: CameraInfo, image_size_px: tuple[int, int] | None
    ) -> CameraIntrinsics | None:
        """Return the intrinsics for images of a size; None, with the problem noted: unusable."""
        try:
            found = camera_intrinsics(message, self._topics[camera], image_size_px)
            if found is None:
                raise UnsupportedModelError('it holds no calibration (K and P are zero)')
            check_intrinsics(found)
            if image_size_px is not None:
                check_shape(found, *image_size_px)
        except CalibrationError as error:
            level = Level.WARN if isinstance(error, UnsupportedModelError) else Level.ERROR
            text = (
                f"camera_info of camera '{camera}' is not used: {error}; the camera model of the "
                'map, if it has one, stands in for it.'
            )
            self.problems[camera] = (level, text)
            self._node.get_logger().warning(text, throttle_duration_sec=_LOG_PERIOD_S)
            return None
        self.problems.pop(camera, None)
        return found
