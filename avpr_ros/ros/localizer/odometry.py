# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Odometry of the robot, and the pose of the base at the stamp of an image."""

from __future__ import annotations

from collections import deque
import threading
import time
from typing import Any

from nav_msgs.msg import Odometry
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy

from avpr_ros.poses import Pose
from avpr_ros.ros.common.callback_groups import PolledCallbackGroup
from avpr_ros.ros.common.compat import take_message
from avpr_ros.ros.common.messages import stamp_ns
from avpr_ros.ros.common.odometry_buffer import OdometryBuffer
from avpr_ros.ros.common.stamped_pose import pose_from_message
from avpr_ros.stamps import NS_PER_S

TOPIC = 'odom'
#: Odometry kept behind the newest stamp, in seconds.
KEEP_S = 120.0
#: Between two polls, while an image waits for odometry.
POLL_S = 0.002
#: Odometry this far behind an image has stopped: it is not waited for.
SILENT_NS = NS_PER_S
#: Restarts over as many reports that are too many.
_MANY_RESTARTS, _RESTART_SAMPLES = 3, 6


class OdometryInput:
    """Subscribes to odometry; it is polled when an image needs it, and in between by the node.

    Attributes:
        received: how many messages were taken.
        refused: how many could not be: numbers that are not finite, a bad quaternion.
        restarts: how often all was forgotten: time went back, the pose jumped, or the frames
            changed.
        behind_s: by how much the newest stamp was older than that of the last image.
    """

    def __init__(self, node: Node) -> None:
        """Listen on ``odom``; no publisher is needed."""
        self.received = 0
        self.refused = 0
        self.restarts = 0
        self.behind_s = 0.0
        self._restarts_before: deque[tuple[float, int]] = deque(maxlen=_RESTART_SAMPLES)
        self._node = node
        self._buffer = OdometryBuffer(KEEP_S)
        self._frames = ('', '')
        self._lock = threading.RLock()
        profile = QoSProfile(depth=50, reliability=ReliabilityPolicy.BEST_EFFORT)
        self._subscription = node.create_subscription(
            Odometry, TOPIC, self.take, profile, callback_group=PolledCallbackGroup()
        )

    @property
    def topic(self) -> str:
        """The resolved topic."""
        return str(self._subscription.topic_name)

    def catch_up(self) -> None:
        """Take all that has come; from any thread."""
        with self._lock:
            while (message := take_message(self._subscription)) is not None:
                self.take(message)

    def take(self, message: Any) -> None:
        """Take one ``nav_msgs/Odometry``."""
        try:
            pose = pose_from_message(message.pose.pose)
        except ValueError as error:
            self.refused += 1
            self._node.get_logger().warning(
                f'An odometry message is refused: {error}.', throttle_duration_sec=5.0
            )
            return
        frames = (message.header.frame_id, message.child_frame_id)
        with self._lock:
            self.received += 1
            self._forget_other_frames(frames)
            before = self._buffer.restarts
            self._buffer.add(stamp_ns(message.header.stamp), pose)
            self.restarts += self._buffer.restarts - before

    def at(self, image_stamp_ns: int, wait_s: float) -> Pose | None:
        """Return ``odom_from_base`` at the stamp of an image; None where it is not known.

        Args:
            image_stamp_ns: the stamp.
            wait_s: how long to wait for odometry that comes a little after the image.
        """
        deadline_s = time.monotonic() + wait_s
        while True:
            self.catch_up()
            with self._lock:
                pose, newest = self._buffer.at(image_stamp_ns), self._buffer.newest()
            if newest is None:
                return pose
            behind_ns = image_stamp_ns - newest[0]
            self.behind_s = behind_ns / NS_PER_S
            if pose is not None:
                return pose
            left_s = deadline_s - time.monotonic()
            if behind_ns <= 0 or behind_ns > SILENT_NS or left_s <= 0.0:
                return None
            time.sleep(min(left_s, POLL_S))

    def problem(self) -> str | None:
        """Return why odometry cannot be used, in one sentence; None where it can, or none comes.

        To be called once a second.
        """
        self._restarts_before.append((time.monotonic(), self.restarts))
        since_s, before = self._restarts_before[0]
        if self.restarts - before >= _MANY_RESTARTS:
            return (
                f'Odometry started anew {self.restarts - before} times in the last '
                f'{time.monotonic() - since_s:.0f} s: its stamps go back, its pose jumps or two '
                f'nodes publish on {TOPIC}; history is lost each time.'
            )
        if self.received and self.behind_s > SILENT_NS / NS_PER_S:
            return (
                f'The newest odometry is {self.behind_s:.1f} s older than the last image by their '
                'stamps, so images are matched without it: let its publisher run, and stamp it by '
                'the clock of the camera.'
            )
        return None

    def clear(self) -> None:
        """Forget everything, as when the clock jumps."""
        self.catch_up()
        with self._lock:
            self._buffer.clear()

    def _forget_other_frames(self, frames: tuple[str, str]) -> None:
        """Forget what no longer belongs together: motion between other frames is no motion."""
        changed = self._buffer.newest() is not None and frames != self._frames
        self._frames = frames
        if changed:
            self._buffer.clear()
            self.restarts += 1
