# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What the node publishes: poses, loop closures, candidates with reasons, keyframes, visuals."""

from __future__ import annotations

from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import PoseArray, PoseWithCovarianceStamped
from nav_msgs.msg import Path
from rclpy.node import Node
from rclpy.qos import QoSDurabilityPolicy, QoSProfile

from avpr_ros.arrays import RgbImage
from avpr_ros.localization.result import MatchResult
from avpr_ros.ros.common import messages
from avpr_ros.ros.localizer.pipeline.node_recognizer import NodeRecognizer
from avpr_ros.ros.localizer.visualization import Visuals


class Outputs:
    """The publishers of the node's topics."""

    def __init__(self, node: Node, map_frame: str) -> None:
        """Create the publishers.

        Args:
            node: the node that publishes.
            map_frame: frame of the poses; empty for the one in the map's manifest.
        """
        self._node = node
        self._map_frame = map_frame
        self._pose = node.create_publisher(PoseWithCovarianceStamped, '~/pose', 10)
        self._loop_closure = node.create_publisher(PoseWithCovarianceStamped, '~/loop_closure', 10)
        self._matches = node.create_publisher(DiagnosticArray, '~/matches', 10)
        latched = QoSProfile(depth=1, durability=QoSDurabilityPolicy.TRANSIENT_LOCAL)
        # By the kind of message that the mode makes of its keyframes.
        self._keyframes = {
            PoseArray: node.create_publisher(PoseArray, '~/keyframes', latched),
            Path: node.create_publisher(Path, '~/session', latched),
        }
        self._visuals = Visuals(node)

    def topics(self, recognizer: NodeRecognizer) -> str:
        """Return the topics of the results in the mode of the recognizer, for the log."""
        results = [self._pose] if recognizer.mode.publishes_pose else []
        return ', '.join(
            str(one.topic_name) for one in (*results, self._loop_closure, self._matches)
        )

    @property
    def loop_closure_listeners(self) -> int:
        """How many subscriptions to ``~/loop_closure`` are connected."""
        return int(self._loop_closure.get_subscription_count())

    def publish(self, result: MatchResult, recognizer: NodeRecognizer, image: RgbImage) -> None:
        """Publish one result; all its messages are made and checked before the first goes out.

        Args:
            result: the decision.
            recognizer: what decided.
            image: (H, W, 3) the query, for those who watch.

        Raises:
            ValueError: a number or frame that must not be published.
        """
        frame = self._frame(recognizer)
        matches = None
        # A hundred named values: the dearest message by far, made for those who listen.
        if self._matches.get_subscription_count():
            matches = messages.matches_message(
                result, frame, recognizer.gallery.manifest.map_id, self._node.get_name()
            )
        if result.estimate is not None:
            pose = messages.pose_estimate_message(result.estimate, result.stamp_ns, frame)
            best = result.candidates[0]
            closure = messages.loop_closure_message(
                result.estimate,
                best.keyframe_id,
                recognizer.gallery.keyframes.pose(best.row),
                result.stamp_ns,
            )
            if recognizer.mode.publishes_pose:
                self._pose.publish(pose)
            else:
                # The edge refers to a keyframe that may have been added since the last message.
                self.publish_keyframes(recognizer)
            self._loop_closure.publish(closure)
        if matches is not None:
            self._matches.publish(matches)
        self._visuals.publish(result, recognizer.gallery, frame, image)

    def publish_keyframes(self, recognizer: NodeRecognizer) -> None:
        """Publish the keyframes of map or session, latched."""
        stamp, frame = self._node.get_clock().now().to_msg(), self._frame(recognizer)
        message = recognizer.mode.keyframes_message(stamp, frame)
        self._keyframes[type(message)].publish(message)

    def _frame(self, recognizer: NodeRecognizer) -> str:
        return self._map_frame or str(recognizer.gallery.manifest.map_frame)
