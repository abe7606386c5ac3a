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
from avpr_ros.ros.common.compat import take_numbered
from avpr_ros.ros.common.messages import stamp_ns
from avpr_ros.ros.common.odometry_buffer import OdometryBuffer
from avpr_ros.ros.common.publisher_choice import PublisherChoice
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
            changed, of the publisher that is followed.
        behind_s: by how much the newest stamp was older than that of the last image.
        ahead_s: by how much it was newer than that image and than the clock of the node.
    """

    def __init__(self, node: Node) -> None:
        """Listen on ``odom``; no publisher is needed."""
        self.received = 0
        self.refused = 0
        self.restarts = 0
        self.behind_s = 0.0
        self.ahead_s = 0.0
        self._restarts_before: deque[tuple[float, int]] = deque(maxlen=_RESTART_SAMPLES)
        self._node = node
        self._buffer = OdometryBuffer(KEEP_S)
        self._frames = ('', '')
        self._lock = threading.RLock()
        profile = QoSProfile(depth=50, reliability=ReliabilityPolicy.BEST_EFFORT)
        self._subscription = node.create_subscription(
            Odometry, TOPIC, self.take, profile, callback_group=PolledCallbackGroup()
        )
        self._publishers = PublisherChoice(node, self.topic)

    @property
    def topic(self) -> str:
        """The resolved topic."""
        return str(self._subscription.topic_name)

    def catch_up(self) -> None:
        """Take all that has come; from any thread."""
        with self._lock:
            while (taken := take_numbered(self._subscription)) is not None:
                self.take(*taken)

    def take(self, message: Any, sequence: int | None = None) -> None:
        """Take one ``nav_msgs/Odometry``, unless it is of another publisher than those before.

        Args:
            message: the message.
            sequence: its number by its publisher, where the middleware has one.
        """
        try:
            pose = pose_from_message(message.pose.pose)
        except ValueError as error:
            self.refused += 1
            self._node.get_logger().warning(
                f'An odometry message is refused: {error}.', throttle_duration_sec=5.0
            )
            return
        frames = (message.header.frame_id, message.child_frame_id)
        at_ns = stamp_ns(message.header.stamp)
        with self._lock:
            other = self._difference(frames, at_ns, pose)
            if not self._publishers.takes(sequence, other is None):
                return
            self.received += 1
            self._frames = frames
            if other is not None:
                self._buffer.clear()
                self.restarts += 1
                self._node.get_logger().warning(
                    f'Odometry on {self.topic} starts anew: {other}.', throttle_duration_sec=5.0
                )
            self._buffer.add(at_ns, pose)

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
            now_ns = self._node.get_clock().now().nanoseconds
            self.ahead_s = (newest[0] - max(now_ns, image_stamp_ns)) / NS_PER_S
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
        if found := self._publishers.problem():
            return found
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
        if self.received and self.ahead_s > SILENT_NS / NS_PER_S:
            return (
                f'The newest odometry is {self.ahead_s:.1f} s ahead of the clock and of the last '
                'image by its stamp, so images get odometry of another time or none: stamp it by '
                'the clock of the camera.'
            )
        return None

    def clear(self) -> None:
        """Forget everything, as when the clock jumps."""
        self.catch_up()
        with self._lock:
            self._buffer.clear()

    def _difference(self, frames: tuple[str, str], at_ns: int, pose: Pose) -> str | None:
        """Return why a message does not go on from the one before; None where it does."""
        newest = self._buffer.newest()
        if newest is None:
            return None
        if frames != self._frames:
            return f'its frames are {" and ".join(frames)}, were {" and ".join(self._frames)}'
        if self._buffer.goes_on(at_ns, pose):
            return None
        return (
            f'its pose moved {newest[1].distance_m(pose):.1f} m and its stamp '
            f'{(at_ns - newest[0]) / NS_PER_S:.2f} s from one message to the next'
        )
