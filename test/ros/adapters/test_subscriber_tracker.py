# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from avpr_ros.ros.adapters.listeners import Listeners

AMCL, AGAIN, BAG, ECHO = b'amcl-1', b'amcl-2', b'bag-1', b'echo-1'


def test_the_first_consumer_is_there_and_no_news() -> None:
    listeners = Listeners()
    assert not listeners.look({})
    assert not listeners.present
    assert not listeners.look({AMCL: '/amcl'})
    assert listeners.present


def test_command_line_tools_are_no_consumers() -> None:
    listeners = Listeners()
    assert not listeners.look({ECHO: '/_ros2cli_4711'})
    assert not listeners.present


def test_a_further_listener_is_no_new_consumer() -> None:
    listeners = Listeners()
    listeners.look({AMCL: '/amcl'})
    assert not listeners.look({AMCL: '/amcl', BAG: '/rosbag2_recorder'})
    assert not listeners.look({AMCL: '/amcl'})
    assert not listeners.look({AMCL: '/amcl', BAG: '/rosbag2_recorder'})


def test_a_consumer_that_is_started_again_is_noticed_with_or_without_a_gap() -> None:
    quickly, slowly = Listeners(), Listeners()
    for one in (quickly, slowly):
        one.look({AMCL: '/amcl'})
    # The middleware lists a killed process for some seconds more.
    assert quickly.look({AMCL: '/amcl', AGAIN: '/amcl'})
    assert not quickly.look({AGAIN: '/amcl'})
    assert not slowly.look({})
    assert not slowly.present
    assert slowly.look({AGAIN: '/amcl'})


def test_a_link_that_was_broken_for_a_while_is_no_new_consumer() -> None:
    listeners = Listeners()
    listeners.look({AMCL: '/amcl'})
    listeners.look({})
    assert not listeners.look({AMCL: '/amcl'})
    assert listeners.present


def test_a_consumer_whose_name_comes_late_is_one() -> None:
    listeners = Listeners()
    unknown = '/_NODE_NAME_UNKNOWN_'
    listeners.look({AMCL: unknown, BAG: unknown})
    assert listeners.present
    assert not listeners.look({AMCL: '/amcl', BAG: '/rosbag2_recorder'})
    assert listeners.look({AGAIN: '/amcl', BAG: '/rosbag2_recorder'})
