# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from avpr_ros.ros.adapters.subscriber_tracker import SubscriberTracker

AMCL, AGAIN, BAG, ECHO = b'amcl-1', b'amcl-2', b'bag-1', b'echo-1'


def test_tracker_first_consumer_is_no_restart() -> None:
    listeners = SubscriberTracker()
    assert not listeners.update({})
    assert not listeners.present
    assert not listeners.update({AMCL: '/amcl'})
    assert listeners.present


def test_tracker_ignores_command_line_tools() -> None:
    listeners = SubscriberTracker()
    assert not listeners.update({ECHO: '/_ros2cli_4711'})
    assert not listeners.present


def test_tracker_further_subscriber_is_no_restart() -> None:
    listeners = SubscriberTracker()
    listeners.update({AMCL: '/amcl'})
    assert not listeners.update({AMCL: '/amcl', BAG: '/rosbag2_recorder'})
    assert not listeners.update({AMCL: '/amcl'})
    assert not listeners.update({AMCL: '/amcl', BAG: '/rosbag2_recorder'})


def test_tracker_detects_restart_with_and_without_gap() -> None:
    quickly, slowly = SubscriberTracker(), SubscriberTracker()
    for one in (quickly, slowly):
        one.update({AMCL: '/amcl'})
    # The middleware lists a killed process for some seconds more.
    assert quickly.update({AMCL: '/amcl', AGAIN: '/amcl'})
    assert not quickly.update({AGAIN: '/amcl'})
    assert not slowly.update({})
    assert not slowly.present
    assert slowly.update({AGAIN: '/amcl'})


def test_tracker_interrupted_connection_is_no_restart() -> None:
    listeners = SubscriberTracker()
    listeners.update({AMCL: '/amcl'})
    listeners.update({})
    assert not listeners.update({AMCL: '/amcl'})
    assert listeners.present


def test_tracker_consumer_name_received_late_is_no_restart() -> None:
    listeners = SubscriberTracker()
    unknown = '/_NODE_NAME_UNKNOWN_'
    listeners.update({AMCL: unknown, BAG: unknown})
    assert listeners.present
    assert not listeners.update({AMCL: '/amcl', BAG: '/rosbag2_recorder'})
    assert listeners.update({AGAIN: '/amcl', BAG: '/rosbag2_recorder'})
