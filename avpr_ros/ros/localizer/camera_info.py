# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Intrinsics of the node's cameras, from ``camera_info``."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
import threading
import time
from typing import TypeAlias

from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CameraInfo

from avpr_ros.errors import CalibrationError, UnsupportedModelError
from avpr_ros.ros.common.diagnostics import Level
from avpr_ros.ros.localizer.interface import image_topic
from avpr_ros.sources.camera_info import (
    camera_intrinsics,
    check_region,
    describes_another_image,
    rectification_doubt,
    rectified_as_in_map,
    same_model,
)
from avpr_ros.sources.frame import Camera, CameraIntrinsics, map_camera
from avpr_ros.sources.intrinsics import check_intrinsics, check_shape, size_doubt
from avpr_ros.stamps import stamp_ns

#: Seconds between two log lines about one camera.
_LOG_PERIOD_S = 30.0
#: Seconds for which a change is shown.
_CHANGE_SHOWN_S = 30.0
#: Different messages that are kept: an image may be older than the last change.
_KEPT = 4

_Size: TypeAlias = tuple[int, int]
_Problem: TypeAlias = tuple[Level, str]


@dataclass
class _Received:
    """The usable messages of one camera, each different from the one before, oldest first."""

    messages: deque[CameraInfo] = field(default_factory=lambda: deque(maxlen=_KEPT))
    found: dict[tuple[int, _Size | None], CameraIntrinsics | None] = field(default_factory=dict)
    changes: int = 0
    changed_s: float = 0.0
    unusable: _Problem | None = None
    other_size: _Problem | None = None
    doubt: str | None = None
    last: CameraIntrinsics | None = None
    image_px: _Size | None = None


class CameraInfoInput:
    """Listens on the ``camera_info`` of each image topic.

    Optional: where no usable one comes, the camera model of the map stands in. The first message
    that is usable as a whole is taken, and each usable one that differs from it later.
    """

    def __init__(
        self,
        node: Node,
        cameras: Sequence[str],
        map_cameras: Callable[[], Sequence[Camera]] = tuple,
    ) -> None:
        """Subscribe for each camera, in the namespace of its image topic as remapped.

        Args:
            node: subscribes and logs.
            cameras: names of the robot's cameras.
            map_cameras: returns the cameras of the map in use.
        """
        self._node = node
        self._map_cameras = map_cameras
        self._topics: dict[str, str] = {}
        self._lock = threading.Lock()
        self._received = {camera: _Received() for camera in cameras}
        for camera in cameras:
            images = node.resolve_topic_name(image_topic(camera, tuple(cameras)))
            self._topics[camera] = images
            # As image_transport has it; best effort hears publishers of either kind.
            node.create_subscription(
                CameraInfo,
                f'{images.rpartition("/")[0]}/camera_info',
                partial(self._on_message, camera),
                QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT),
            )

    def intrinsics(
        self, camera: str, image_size_px: _Size | None = None, image_ns: int | None = None
    ) -> CameraIntrinsics | None:
        """Return a camera's intrinsics; None before they came, or where they cannot be used.

        Args:
            camera: name of the camera.
            image_size_px: width and height of the image as it was sent, where known.
            image_ns: stamp of the image; None: the last message is taken.
        """
        with self._lock:
            received = self._received[camera]
            received.image_px = image_size_px
            for message in _by_relevance(received.messages, image_ns):
                key = (id(message), image_size_px)
                if key not in received.found:
                    found = self._usable(camera, message, image_size_px)
                    received.found[key] = found if isinstance(found, CameraIntrinsics) else None
                    if message is received.messages[-1]:
                        received.other_size = found if isinstance(found, tuple) else None
                if (usable := received.found[key]) is not None:
                    return usable
            return None

    def problem(self, camera: str) -> _Problem | None:
        """Return severity and sentence on a camera's ``camera_info``; None without a problem."""
        with self._lock:
            received = self._received[camera]
            if found := received.unusable or received.other_size:
                return found
            since_s = time.monotonic() - received.changed_s
            if received.changes and since_s < _CHANGE_SHOWN_S:
                text = (
                    f"camera_info of camera '{camera}' has changed {received.changes} times, last "
                    f'{since_s:.0f} s ago, and the last one is used: check that one node '
                    'publishes it, and that zoom and region of interest stay as they are.'
                )
                return Level.WARN, text
            doubt = received.doubt or self._size_doubt(camera, received)
            return None if doubt is None else (Level.WARN, doubt)

    def _on_message(self, camera: str, message: CameraInfo) -> None:
        """Take a message that is usable, and not the one in use already."""
        received = self._received[camera]
        last = received.messages[-1] if received.messages else None
        if last is not None and not describes_another_image(message, last):
            with self._lock:
                received.unusable = None
            return
        # The size of the images, which stands in for none, is not known yet.
        size_px = None if message.width and message.height else (1, 1)
        found = self._usable(camera, message, size_px)
        with self._lock:
            if not isinstance(found, CameraIntrinsics):
                received.unusable = found
                self._node.get_logger().warning(found[1], throttle_duration_sec=_LOG_PERIOD_S)
                return
            received.messages.append(message)
            received.found.clear()
            received.unusable = received.other_size = None
            received.doubt = self._doubt(camera, message)
            before, received.last = received.last, found
            changed = before is not None and not same_model(found, before)
            if changed:
                received.changes += 1
                received.changed_s = time.monotonic()
        if changed:
            self._node.get_logger().warning(
                f"camera_info of camera '{camera}' has changed (focal length now "
                f'{found.k[0]:.1f} px); the new one is used.',
                throttle_duration_sec=_LOG_PERIOD_S,
            )
        elif before is None and received.doubt is not None:
            self._node.get_logger().warning(received.doubt)

    def _size_doubt(self, camera: str, received: _Received) -> str | None:
        """Return that the images have another size than the camera model in use."""
        used, whose = received.last, 'camera_info'
        if used is None:
            used, whose = self._of_map(camera), 'the map'
        elif received.image_px is not None:
            used = received.found.get((id(received.messages[-1]), received.image_px))
        doubt = None if used is None else size_doubt(used, received.image_px, whose)
        return None if doubt is None else f"Camera '{camera}': {doubt}."

    def _of_map(self, camera: str) -> CameraIntrinsics | None:
        known = map_camera(camera, self._map_cameras())
        return None if known is None else known.intrinsics

    def _doubt(self, camera: str, message: CameraInfo) -> str | None:
        doubt = rectification_doubt(message, self._topics[camera])
        if doubt is None or self._rectified(camera, message, None) is not None:
            return None
        return f"Camera '{camera}': {doubt}."

    def _rectified(
        self, camera: str, message: CameraInfo, image_size_px: _Size | None
    ) -> bool | None:
        """Return whether images are rectified, by the map's camera; None: by the topic's name."""
        topic = self._topics[camera]
        if rectification_doubt(message, topic) is None:
            return None
        return rectified_as_in_map(message, topic, image_size_px, self._of_map(camera))

    def _usable(
        self, camera: str, message: CameraInfo, image_size_px: _Size | None
    ) -> CameraIntrinsics | _Problem:
        """Return the intrinsics for images of a size, or why they cannot be used."""
        try:
            rectified = self._rectified(camera, message, image_size_px)
            found = camera_intrinsics(message, self._topics[camera], image_size_px, rectified)
            if found is None:
                raise UnsupportedModelError('it holds no calibration (K and P are zero)')
            check_region(message, image_size_px)
            check_intrinsics(found)
            if image_size_px is not None:
                check_shape(found, *image_size_px)
        except CalibrationError as error:
            level = Level.WARN if isinstance(error, UnsupportedModelError) else Level.ERROR
            others = self._received[camera].messages
            instead = (
                'the one before it stays in use'
                if any(one is not message for one in others)
                else 'the camera model of the map, if it has one, stands in for it'
            )
            text = f"camera_info of camera '{camera}' is not used: {error}; {instead}."
            return level, text
        return found


def _by_relevance(messages: deque[CameraInfo], image_ns: int | None) -> list[CameraInfo]:
    """Return the messages, first the last one that is not newer than an image."""
    newest_first = list(reversed(messages))
    if image_ns is None:
        return newest_first
    # A message without a stamp counts from its arrival on.
    return sorted(newest_first, key=lambda one: stamp_ns(one.header.stamp) > image_ns)
