# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""``avpr_adapter``: checks the localizer's poses and converts them for one consumer."""

from __future__ import annotations

from collections import Counter
import time
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import PoseWithCovarianceStamped
from nav_msgs.msg import Odometry
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.subscription import Subscription
from std_srvs.srv import Trigger

from avpr_ros.ros.adapters.consumer_monitor import ConsumerMonitor
from avpr_ros.ros.adapters.factory import OUTPUT_TOPICS, build, build_consistency
from avpr_ros.ros.adapters.map_to_odom import MapToOdom
from avpr_ros.ros.adapters.odometry_queue import FixQueue
from avpr_ros.ros.adapters.parameters import AdapterSettings
from avpr_ros.ros.adapters.rtab_map.rtabmap_service import RtabmapService
from avpr_ros.ros.adapters.tf_output import TfOutput
from avpr_ros.ros.common.compat import sequence_number
from avpr_ros.ros.common.diagnostics import Diagnostics, Level, Report, status_message
from avpr_ros.ros.common.messages import stamp_message, stamp_ns
from avpr_ros.ros.common.odometry_buffer import OdometryBuffer
from avpr_ros.ros.common.parameters import declare, unknown_parameters
from avpr_ros.ros.common.publisher_choice import PublisherChoice
from avpr_ros.ros.common.service_queue import SERVICE_QOS
from avpr_ros.ros.common.silence_watch import SilenceWatch, WatchedInput
from avpr_ros.ros.common.stamped_pose import (
    Decision,
    Fix,
    fix_from_message,
    fix_to_message,
    pose_from_message,
)

NODE_NAME = 'avpr_adapter'
#: Odometry kept behind the newest stamp, in seconds.
ODOMETRY_S = 120.0
#: Seconds between two checks of the matches that wait for odometry.
QUEUE_PERIOD_S = 0.1


class AdapterNode:
    """Subscribes to the localizer, publishes the adapter's poses and the reasons."""

    def __init__(self, node: Node) -> None:
        """Declare the parameters and create the mode's publishers and subscriptions.

        Raises:
            ConfigError: a parameter cannot be used, or a message package is missing.
        """
        self._node = node
        self._settings = declare(node, AdapterSettings)
        self._odometry = OdometryBuffer(ODOMETRY_S)
        self._queue: FixQueue[Fix] = FixQueue(self._odometry, self._settings.odometry_wait_s)
        self._counts: Counter[str] = Counter()
        self._last = 'No match received yet.'
        self._tf: TfOutput | None = None
        self._matches = 0
        self._publisher: Publisher | None = None
        self._links: RtabmapService | None = None
        self._consumer: ConsumerMonitor | None = None
        profile = QoSProfile(depth=50, reliability=ReliabilityPolicy.BEST_EFFORT)
        # A callback of two parameters is given information on the message, too.
        odometry = node.create_subscription(Odometry, 'odom', self._on_odometry, profile)  # type: ignore[arg-type]
        self._publishers = PublisherChoice(node, odometry.topic_name)
        self._decisions = node.create_publisher(DiagnosticArray, '~/decisions', 10)
        if self._settings.mode == 'rtabmap_add_link':
            poses = self._wire_links()
        else:
            poses = self._wire_poses()
        self._silence = SilenceWatch(
            node,
            [
                WatchedInput('matches', poses, lambda: self._matches),
                WatchedInput('odometry', odometry, lambda: self._counts['odometry'], 'odom'),
            ],
        )
        self._unknown = unknown_parameters(node, AdapterSettings)
        self._log_start()
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        node.create_timer(QUEUE_PERIOD_S, self._drain, clock=steady)
        self._diagnostics = Diagnostics(node, self._reports)

    def close(self) -> None:
        """Return at once: nothing is pending."""

    def _log_start(self) -> None:
        settings = self._settings
        if self._publisher is not None:
            target = self._publisher.topic_name
        else:
            target = '/tf' if self._links is None else self._links.target
        doing = 'would send (dry_run)' if settings.dry_run else 'sends'
        self._node.get_logger().info(
            f'Mode {settings.mode}: listens on {self._silence.topics}, {doing} on {target} after '
            f'{settings.consistent_matches()} consistent matches.'
        )

    def _wire_links(self) -> Subscription:
        consistency = build_consistency(self._settings, self._odometry)
        self._links = RtabmapService(
            self._node, consistency, self._odometry, self._settings, self._report
        )
        return self._links.subscription

    def _wire_poses(self) -> Subscription:
        node, mode = self._node, self._settings.mode
        built = build(self._settings, self._odometry)
        self._adapter = built.adapter
        if mode == 'map_to_odom':
            self._tf = TfOutput(node, self._settings.odom_frame)
        else:
            self._publisher = node.create_publisher(
                PoseWithCovarianceStamped, OUTPUT_TOPICS[mode], 10
            )
        poses = node.create_subscription(
            PoseWithCovarianceStamped, 'avpr_localizer/pose', self._on_pose, 10
        )
        node.create_service(Trigger, '~/trigger', self._on_trigger, qos_profile=SERVICE_QOS)
        if built.pose_request is not None and self._publisher is not None:
            topic = self._publisher.topic_name
            self._consumer = ConsumerMonitor(
                node, topic, built.pose_request, built.divergence, dry_run=self._settings.dry_run
            )
        if mode == 'cuvslam':
            node.create_subscription(
                PoseWithCovarianceStamped, 'visual_slam/trigger_hint', self._on_hint, 10
            )
        return poses

    def _on_pose(self, message: PoseWithCovarianceStamped) -> None:
        self._matches += 1
        try:
            self._queue.put(fix_from_message(message), time.monotonic())
        except ValueError as error:
            self._counts['refused'] += 1
            self._node.get_logger().warning(f'A pose is ignored: {error}.')
        self._drain()

    def _on_odometry(self, message: Odometry, info: Any) -> None:
        try:
            pose = pose_from_message(message.pose.pose)
        except ValueError as error:
            self._counts['odometry refused'] += 1
            self._node.get_logger().warning(
                f'An odometry message is ignored: {error}.', throttle_duration_sec=5.0
            )
            return
        at_ns = stamp_ns(message.header.stamp)
        if not self._publishers.takes(sequence_number(info), self._odometry.goes_on(at_ns, pose)):
            return
        self._counts['odometry'] += 1
        self._odometry.add(at_ns, pose)
        self._drain()
        if self._tf is not None and isinstance(self._adapter, MapToOdom):
            transform = self._adapter.map_from_odom
            if transform is not None and not self._settings.dry_run:
                self._tf.publish(transform, self._adapter.map_frame, message.header.stamp)

    def _on_trigger(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        response.message = self._adapter.request('~/trigger')
        response.success = self._settings.mode in ('initialpose', 'cuvslam')
        return response

    def _on_hint(self, _: PoseWithCovarianceStamped) -> None:
        self._adapter.request('the trigger hint')

    def _drain(self) -> None:
        if self._links is not None:
            self._links.drain()
            return
        fixes = self._queue.ready(time.monotonic())
        if fixes and self._consumer is not None:
            self._consumer.update()
        for fix in fixes:
            decision = self._adapter.on_fix(fix)
            if decision.send is not None and self._publisher is not None:
                message = fix_to_message(decision.send)
                if not self._settings.dry_run:
                    self._publisher.publish(message)
            self._report(fix, decision)

    def _report(self, fix: Fix, decision: Decision) -> None:
        sent = decision.send is not None
        doing = 'would be sent' if self._settings.dry_run else 'sent'
        self._counts[doing if sent else 'held back'] += 1
        self._last = f'{doing if sent else "held back"}: {decision.text}'
        x_m, y_m, _ = fix.pose.translation_m
        values = {'x_m': f'{x_m:.3f}', 'y_m': f'{y_m:.3f}', 'yaw_rad': f'{fix.pose.yaw_rad():.4f}'}
        message = DiagnosticArray()
        message.header.stamp = stamp_message(fix.stamp_ns)
        message.header.frame_id = fix.frame_id
        report = Report('decision', Level.OK if sent else Level.WARN, self._last, values)
        message.status = [status_message(self._node.get_name(), report)]
        self._decisions.publish(message)

    def _reports(self) -> list[Report]:
        silenced = self._tf is not None and self._tf.silenced
        values: dict[str, object] = {'mode': self._settings.mode, **self._counts}
        if self._consumer is not None:
            values['consumer poses'] = self._consumer.received
            values['consumer'] = 'listens' if self._consumer.update() else 'absent'
        level, text = Level.OK, self._last
        if silenced:
            level, text = Level.ERROR, 'Another node publishes the TF.'
        return [
            Report('adapter', level, text, values),
            *self._silence.reports(),
            *(
                Report('odometry publishers', Level.WARN, one)
                for one in [self._publishers.problem()]
                if one
            ),
            *(Report('parameters', Level.WARN, one) for one in self._unknown),
        ]
