# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable
from typing import Any

from adapter_topics import POSE, wait_for_count, wait_for_value
import consumer_rules
from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import PoseWithCovarianceStamped
from match_stream import START_NS, fix_at, message_of, random_drive
from nav_msgs.msg import Odometry
import numpy as np
from std_srvs.srv import Trigger

from avpr_ros.ros.common.messages import pose_message, stamp_message
from avpr_ros.ros.common.stamped_pose import fix_to_message


def test_robot_localization_long_drive_sends_valid_poses(start: Callable[..., Any]) -> None:
    _, partner = start('robot_localization', map_frame='map')
    matches = partner.publisher(PoseWithCovarianceStamped, POSE, 1000)
    sent = partner.collect(PoseWithCovarianceStamped, '/adapter/pose', 1000)
    drive = [message for _, _, message in random_drive(8, 300)]
    for number in range(0, len(drive), 5):
        for message in drive[number : number + 5]:
            matches.publish(message)
        last = fix_to_message(fix_at(0.0, 0.5 * (number + 5) + 0.1))
        matches.publish(last)
        partner.until(lambda: sent and sent[-1].header.stamp == last.header.stamp, 'the last one')  # noqa: B023
    assert len(sent) > 300
    assert [
        problem for one in sent for problem in consumer_rules.robot_localization(one, 'map')
    ] == []


def test_initialpose_sent_once_and_again_on_trigger(start: Callable[..., Any]) -> None:
    _, partner = start('initialpose', cool_down_s=1.0, map_frame='map')
    matches = partner.publisher(PoseWithCovarianceStamped, POSE)
    sent = partner.collect(PoseWithCovarianceStamped, 'initialpose')
    wait_for_value(partner, 'consumer', 'listens')
    reports: list[DiagnosticArray] = partner.collect(DiagnosticArray, '/adapter/decisions')

    def drive(first: int, last: int) -> None:
        before = len(reports)
        for second in range(first, last):
            matches.publish(fix_to_message(fix_at(0.2 * second, second)))
        partner.until(lambda: len(reports) == before + last - first, 'all decisions')

    drive(0, 10)
    assert [one.header.stamp.sec - START_NS // 10**9 for one in sent] == [2]
    answer = partner.call(Trigger, '/adapter/trigger')
    assert answer.success
    drive(10, 20)
    assert [one.header.stamp.sec - START_NS // 10**9 for one in sent] == [2, 10]
    assert [problem for one in sent for problem in consumer_rules.amcl(one, 'map')] == []
    assert 'No pose is requested' in reports[-1].status[0].message


def test_match_before_odometry_is_sent_after_odometry_arrives(start: Callable[..., Any]) -> None:
    _, partner = start(
        'rtabmap_global_pose', min_consistent_matches=2, agree_radius_m=1.0, odometry_wait_s=10.0
    )
    matches = partner.publisher(PoseWithCovarianceStamped, POSE)
    odom = partner.publisher(Odometry, 'odom')
    sent = partner.collect(PoseWithCovarianceStamped, 'global_pose')
    reports = partner.collect(DiagnosticArray, '/adapter/decisions')

    def drive_to(second: float) -> None:
        message = Odometry()
        message.header.stamp = stamp_message(START_NS + round(second * 1e9))
        message.pose.pose = pose_message(np.array([5.0 * second, 0, 0, 0, 0, 0, 1.0]))
        odom.publish(message)

    wait_for_count(partner, 'odometry', lambda: drive_to(0.0))
    matches.publish(fix_to_message(fix_at(0.0, 0.0)))
    partner.until(lambda: len(reports) == 1, 'the first decision')
    matches.publish(fix_to_message(fix_at(5.0, 1.0)))
    matches.publish(message_of(1.5, [0, 0, 0, 0, 0, 0, 0.5], np.eye(6)))
    for k in range(1, 12):
        assert sent == []
        drive_to(0.1 * k)
    partner.until(lambda: sent, 'the pose, once odometry has come')
    assert consumer_rules.rtabmap_global_pose(sent[0], 'base_link') == []
