# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Calls RTAB-Map's ``add_link`` for every consistent loop closure; needs rtabmap_msgs."""

from __future__ import annotations

from collections.abc import Callable
import importlib
import time
from typing import Any

from geometry_msgs.msg import PoseArray, PoseWithCovarianceStamped
import numpy as np
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile

from avpr_ros.errors import ConfigError
from avpr_ros.ros.adapters.match_consistency import MatchConsistency
from avpr_ros.ros.adapters.odometry_queue import FixQueue
from avpr_ros.ros.adapters.parameters import AdapterSettings
from avpr_ros.ros.adapters.rtab_map.rtabmap_link import USER_CLOSURE, GraphLink, LinkMaker
from avpr_ros.ros.adapters.tf_output import transform_message
from avpr_ros.ros.common.loop_closure import LoopClosure, closure_from_message
from avpr_ros.ros.common.messages import stamp_message, stamp_ns
from avpr_ros.ros.common.odometry_buffer import OdometryBuffer
from avpr_ros.ros.common.stamped_pose import Decision, Fix, pose_from_message


class RtabmapService:
    """Connects a ``LinkMaker`` to RTAB-Map's topics and its service.

    Attributes:
        subscription: of the localizer's loop closures.
        target: resolved name of the service.
    """

    def __init__(
        self,
        node: Node,
        consistency: MatchConsistency,
        odometry: OdometryBuffer,
        settings: AdapterSettings,
        report: Callable[[Fix, Decision], None],
    ) -> None:
        """Subscribe to RTAB-Map's ``info`` and ``mapGraph``, and to the localizer.

        Args:
            node: node of the subscriptions and of the service client.
            consistency: check that successive closures agree.
            odometry: motion between an image and its node of the graph.
            settings: the parameters of the adapter.
            report: called with every decision.

        Raises:
            ConfigError: rtabmap_msgs is not installed.
        """
        try:
            messages: Any = importlib.import_module('rtabmap_msgs.msg')
            self._service: Any = importlib.import_module('rtabmap_msgs.srv').AddLink
        except ImportError as error:
            raise ConfigError(
                'Mode rtabmap_add_link needs rtabmap_msgs, which cannot be imported; install '
                'ros-$ROS_DISTRO-rtabmap-msgs or use mode rtabmap_global_pose.'
            ) from error
        self._frame = ''
        self._node = node
        self._consistency = consistency
        self._maker = LinkMaker(odometry)
        self._report = report
        self._queue: FixQueue[LoopClosure] = FixQueue(odometry, settings.odometry_wait_s)
        self._link_type = messages.Link
        self._client = None if settings.dry_run else node.create_client(self._service, 'add_link')
        latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        node.create_subscription(messages.Info, 'info', self._on_info, 10)
        node.create_subscription(messages.MapGraph, 'mapGraph', self._on_graph, 1)
        node.create_subscription(
            PoseArray, 'avpr_localizer/keyframes', self._on_keyframes, latched
        )
        self.subscription = node.create_subscription(
            PoseWithCovarianceStamped, 'avpr_localizer/loop_closure', self._on_closure, 10
        )
        self.target = node.resolve_service_name('add_link')

    def _on_info(self, message: Any) -> None:
        self._maker.on_node(stamp_ns(message.header.stamp), int(message.ref_id))

    def _on_graph(self, message: Any) -> None:
        poses = zip(message.poses_id, message.poses, strict=True)
        try:
            nodes = {int(key): pose_from_message(pose) for key, pose in poses}
        except ValueError as error:
            self._node.get_logger().warning(f'A graph is ignored: {error}.')
            return
        self._maker.on_graph(nodes)

    def _on_keyframes(self, message: PoseArray) -> None:
        try:
            keyframes = [pose_from_message(pose) for pose in message.poses]
        except ValueError as error:
            self._node.get_logger().warning(f'The keyframes are ignored: {error}.')
            return
        self._frame = message.header.frame_id
        self._maker.on_keyframes(keyframes)

    def _on_closure(self, message: PoseWithCovarianceStamped) -> None:
        try:
            closure = closure_from_message(message)
        except ValueError as error:
            self._node.get_logger().warning(f'A loop closure is ignored: {error}.')
            return
        self._queue.put(closure, time.monotonic())
        self.drain()

    def drain(self) -> None:
        """Decide on the closures whose odometry has arrived."""
        for closure in self._queue.ready(time.monotonic()):
            pose = self._maker.map_from_base(closure.keyframe_id, closure.keyframe_from_base)
            if pose is None:
                self._node.get_logger().warning(
                    f'A loop closure is ignored: keyframe {closure.keyframe_id} is not among '
                    'those received on ~/keyframes.',
                    throttle_duration_sec=5.0,
                )
                continue
            fix = Fix(closure.stamp_ns, self._frame, pose, np.diag(closure.covariance).copy())
            self._report(fix, self._decide(fix, closure))

    def _decide(self, fix: Fix, closure: LoopClosure) -> Decision:
        verdict = self._consistency.check(fix)
        if not verdict.passed:
            return Decision(None, verdict.text)
        link = self._maker.link(
            closure.stamp_ns, closure.keyframe_id, closure.keyframe_from_base, closure.covariance
        )
        if isinstance(link, str):
            return Decision(None, link)
        if self._client is not None:
            if not self._client.service_is_ready():
                return Decision(
                    None, f"RTAB-Map's service {self._client.srv_name} is not available."
                )
            self._client.call_async(self._request(link, closure.stamp_ns))
        return Decision(fix, f'Link {link.from_id} -> {link.to_id}.')

    def _request(self, link: GraphLink, stamp: int) -> Any:
        transform = transform_message(link.from_node_from_to_node, '', '', stamp_message(stamp))
        request = self._service.Request()
        request.link = self._link_type(
            from_id=link.from_id,
            to_id=link.to_id,
            type=USER_CLOSURE,
            transform=transform.transform,
            information=link.information.reshape(36).tolist(),
        )
        return request
