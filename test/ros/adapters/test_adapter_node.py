# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import consumer_rules
from diagnostic_msgs.msg import DiagnosticArray
from drive import START_NS, fix_at, message_of, random_drive
from geometry_msgs.msg import PoseWithCovarianceStamped
from module_process import ModuleProcess, Partner
from nav_msgs.msg import Odometry
import numpy as np
import pytest
from rclpy.qos import DurabilityPolicy, QoSProfile
from std_srvs.srv import Trigger

from avpr_ros.ros.common.messages import pose_message, stamp_message
from avpr_ros.ros.common.stamped_pose import fix_to_message

MODULE = 'avpr_ros.ros.adapters.node'
POSE = 'avpr_localizer/pose'


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., tuple[ModuleProcess, Partner]]]:
    """Start an adapter and a partner; it must end with code 0 and without a traceback."""
    made: list[tuple[ModuleProcess, Partner]] = []

    def start_one(mode: str, **parameters: object) -> tuple[ModuleProcess, Partner]:
        process = ModuleProcess(tmp_path, MODULE, 'adapter', mode=mode, **parameters)
        made.append((process, Partner('partner_of_adapter')))
        return made[-1]

    yield start_one
    for process, partner in made:
        partner.close()
        assert process.stop() == 0
        assert 'Traceback' not in process.log()


def wait_for_value(partner: Partner, key: str, value: str) -> None:
    """Wait until the adapter's diagnostics say so."""
    reports = partner.collect(DiagnosticArray, '/diagnostics')
    partner.until(
        lambda: any(
            (pair.key, pair.value) == (key, value)
            for report in reports
            for status in report.status
            for pair in status.values
        ),
        f'{key} is {value}',
    )


def wait_for_count(partner: Partner, what: str, publish: Callable[[], None]) -> None:
    """Publish until the adapter's diagnostics count it: discovery is over at both ends."""
    reports = partner.collect(DiagnosticArray, '/diagnostics')

    def counted() -> bool:
        publish()
        return any(
            pair.key == what
            for report in reports
            for status in report.status
            for pair in status.values
        )

    partner.until(counted, f'{what} arrived')


def test_robot_localization_over_topics_in_a_long_run(start: Callable[..., Any]) -> None:
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


def test_initialpose_is_sent_once_and_again_on_request(start: Callable[..., Any]) -> None:
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
    assert 'No pose is asked for' in reports[-1].status[0].message


def test_a_dry_run_reports_and_sends_nothing(start: Callable[..., Any]) -> None:
    _, partner = start('initialpose', dry_run=True, min_consistent_matches=1)
    matches = partner.publisher(PoseWithCovarianceStamped, POSE)
    sent = partner.collect(PoseWithCovarianceStamped, 'initialpose')
    reports = partner.collect(DiagnosticArray, '/adapter/decisions')
    for second in range(3):
        matches.publish(fix_to_message(fix_at(0.0, second)))
    partner.until(lambda: len(reports) == 3, 'three decisions')
    assert reports[0].status[0].message.startswith('would be sent')
    assert sent == []


def test_a_restarted_adapter_leaves_a_consumer_alone_that_knows_where_it_is(
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
    assert 'knows where it is' in reports[0].status[0].message
    assert sent == []


def test_a_consumer_that_comes_late_or_again_gets_its_pose(start: Callable[..., Any]) -> None:
    _, partner = start('initialpose', min_consistent_matches=1, cool_down_s=3600.0)
    matches = partner.publisher(PoseWithCovarianceStamped, POSE)
    reports = partner.collect(DiagnosticArray, '/adapter/decisions')
    seconds = iter(range(10_000))

    def match() -> str:
        before = len(reports)
        matches.publish(fix_to_message(fix_at(0.0, next(seconds))))
        partner.until(lambda: len(reports) > before, 'a decision')
        return str(reports[-1].status[0].message)

    assert 'Nobody listens' in match()
    assert 'Nobody listens' in match()
    for _ in range(2):
        consumer = Partner('consumer')
        sent = consumer.collect(PoseWithCovarianceStamped, 'initialpose')
        partner.until(lambda: match().startswith('sent'), 'a pose is sent')
        consumer.until(lambda: sent, 'the pose')  # noqa: B023
        assert match().startswith('held back')
        assert len(sent) == 1
        consumer.close()


def test_an_odometry_is_an_estimate_too(start: Callable[..., Any]) -> None:
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
    assert 'knows where it is' in reports[0].status[0].message


def test_the_trigger_hint_asks_for_another_pose(start: Callable[..., Any]) -> None:
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


def test_late_odometry_holds_a_match_up_until_it_is_there(start: Callable[..., Any]) -> None:
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


@pytest.mark.parametrize(
    ('mode', 'package'), [('map_to_odom', 'tf2_msgs'), ('rtabmap_add_link', 'rtabmap_msgs')]
)
def test_a_mode_without_its_messages_is_refused(tmp_path: Path, mode: str, package: str) -> None:
    try:
        __import__(package)
    except ImportError:
        process = ModuleProcess(tmp_path, MODULE, 'adapter', mode=mode)
        assert process.wait() == 2
        assert package in process.log()
    else:
        pytest.skip(f'{package} is installed')


def test_an_unknown_mode_is_refused(tmp_path: Path) -> None:
    process = ModuleProcess(tmp_path, MODULE, 'adapter', mode='gmapping')
    assert process.wait() == 2
    assert 'robot_localization' in process.log()
    assert 'Traceback' not in process.log()
