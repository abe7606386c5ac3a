# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable
from typing import Any

from adapter_topics import POSE, wait_for_count, wait_for_value
import consumer_rules
from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import PoseWithCovarianceStamped
from match_stream import START_NS, fix_at
from module_process import Partner
from nav_msgs.msg import Odometry
import numpy as np
from rclpy.qos import DurabilityPolicy, QoSProfile

from avpr_ros.ros.common.messages import pose_message, stamp_message
from avpr_ros.ros.common.stamped_pose import fix_to_message


def test_restarted_adapter_sends_nothing_to_agreeing_consumer(
    start: Callable[..., Any],
) -> None:
    _, partner = start('initialpose', min_consistent_matches=1)
    latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
    own = partner.node.create_publisher(PoseWithCovarianceStamped, 'consumer_pose', latched)
    own.publish(fix_to_message(fix_at(0.0, 0.0)))
    wait_for_count(partner, 'consumer poses', lambda: None)
    matches = partner.publisher(PoseWithCovarianceStamped, POSE)
    sent = partner.collect(PoseWithCovarianceStamped, 'initialpose')
    reports = partner.collect(DiagnosticArray, '/adapter/decisions')
    matches.publish(fix_to_message(fix_at(0.5, 0.5)))
    partner.until(lambda: reports, 'a decision')
    assert 'own estimate agrees' in reports[0].status[0].message
    assert sent == []


def test_late_or_restarted_consumer_gets_pose(start: Callable[..., Any]) -> None:
    _, partner = start('initialpose', min_consistent_matches=1, cool_down_s=3600.0)
    matches = partner.publisher(PoseWithCovarianceStamped, POSE)
    reports = partner.collect(DiagnosticArray, '/adapter/decisions')
    seconds = iter(range(10_000))

    def match() -> str:
        before = len(reports)
        matches.publish(fix_to_message(fix_at(0.0, next(seconds))))
        partner.until(lambda: len(reports) > before, 'a decision')
        return str(reports[-1].status[0].message)

    assert 'No consumer subscribes' in match()
    assert 'No consumer subscribes' in match()
    for _ in range(2):
        consumer = Partner('consumer')
        sent = consumer.collect(PoseWithCovarianceStamped, 'initialpose')
        partner.until(lambda: match().startswith('sent'), 'a pose is sent')
        consumer.until(lambda: sent, 'the pose')  # noqa: B023
        assert match().startswith('held back')
        assert len(sent) == 1
        consumer.close()


def test_consumer_odometry_is_its_estimate(start: Callable[..., Any]) -> None:
    _, partner = start('initialpose', min_consistent_matches=1)
    # First: a consumer that appears later has started anew, and what it said before is forgotten.
    partner.collect(PoseWithCovarianceStamped, 'initialpose')
    wait_for_value(partner, 'consumer', 'listens')
    own = partner.publisher(Odometry, 'consumer_odom')
    estimate = Odometry()
    estimate.header.frame_id = 'map'
    estimate.header.stamp = stamp_message(START_NS)
    estimate.pose.pose = pose_message(np.array([0, 0, 0, 0, 0, 0, 1.0]))
    wait_for_count(partner, 'consumer poses', lambda: own.publish(estimate))
    matches = partner.publisher(PoseWithCovarianceStamped, POSE)
    reports = partner.collect(DiagnosticArray, '/adapter/decisions')
    match = fix_to_message(fix_at(0.5, 0.5))
    partner.until(lambda: matches.publish(match) or reports, 'a decision')
    assert 'own estimate agrees' in reports[0].status[0].message


def test_cuvslam_trigger_hint_sends_another_pose(start: Callable[..., Any]) -> None:
    _, partner = start('cuvslam', min_consistent_matches=1, cool_down_s=0.0)
    matches = partner.publisher(PoseWithCovarianceStamped, POSE)
    sent = partner.collect(PoseWithCovarianceStamped, 'visual_slam/initial_pose')
    wait_for_value(partner, 'consumer', 'listens')
    hint = partner.publisher(PoseWithCovarianceStamped, 'visual_slam/trigger_hint')
    reports = partner.collect(DiagnosticArray, '/adapter/decisions')
    for second in range(3):
        matches.publish(fix_to_message(fix_at(0.0, second)))
    partner.until(lambda: len(reports) == 3, 'three decisions')
    assert len(sent) == 1
    hint.publish(PoseWithCovarianceStamped())
    number = iter(range(10, 10_000))

    def sent_again() -> bool:
        matches.publish(fix_to_message(fix_at(0.0, next(number))))
        return len(sent) == 2

    partner.until(sent_again, 'a second pose')
    assert [problem for one in sent for problem in consumer_rules.cuvslam(one, 'map')] == []
