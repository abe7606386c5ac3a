# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A real executor and real topics: which callbacks run, and which messages are kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
import time
from typing import Any

import pytest
import rclpy
from rclpy.executors import SingleThreadedExecutor
from std_msgs.msg import String

from avpr_ros.ros.common.callback_groups import (
    MIN_PAUSE_NS,
    RESUME_EARLY_NS,
    PausableCallbackGroup,
    PolledCallbackGroup,
)
from avpr_ros.ros.common.compat import take_message

LONG_NS = 3600 * 10**9


@dataclass
class Table:
    """A node that says something and hears itself, in a group."""

    node: Any
    executor: SingleThreadedExecutor
    heard: list[str] = field(default_factory=list)
    discarded: list[Any] = field(default_factory=list)

    def listen(self, group: Any) -> Any:
        self.said = self.node.create_publisher(String, 'table', 1)
        subscription = self.node.create_subscription(
            String, 'table', lambda m: self.heard.append(m.data), 1, callback_group=group
        )
        self.until(self.said.get_subscription_count)
        return subscription

    def say(self, text: str) -> None:
        self.said.publish(String(data=text))

    def until(self, done: Callable[[], Any]) -> Any:
        end_s = time.monotonic() + 60.0
        while not (value := done()):
            assert time.monotonic() < end_s
            self.executor.spin_once(timeout_sec=0.02)
        return value

    def spin(self, turns: int = 10) -> None:
        for _ in range(turns):
            self.executor.spin_once(timeout_sec=0.02)


@pytest.fixture
def table() -> Iterator[Table]:
    node = rclpy.create_node('table')
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    yield Table(node, executor)
    executor.shutdown()
    node.destroy_node()


@pytest.fixture
def pausable(table: Table) -> PausableCallbackGroup:
    """The group of the table's own subscription."""
    pausable = PausableCallbackGroup(
        table.node, lambda: table.discarded.append(take_message(subscription, raw=True))
    )
    subscription = table.listen(pausable)
    return pausable


def test_polled_messages_are_kept_until_they_are_taken(table: Table) -> None:
    subscription = table.listen(PolledCallbackGroup())
    table.say('one')
    table.spin()
    assert table.heard == []
    assert table.until(lambda: take_message(subscription)).data == 'one'
    assert take_message(subscription) is None


def test_a_pause_ends_by_itself_and_its_messages_are_discarded(
    table: Table, pausable: PausableCallbackGroup
) -> None:
    table.say('before')
    table.until(lambda: table.heard)
    duration_ns = RESUME_EARLY_NS + 2 * MIN_PAUSE_NS
    began_ns = time.monotonic_ns()
    pausable.pause(duration_ns)
    assert pausable.paused
    table.say('early')
    table.until(lambda: not pausable.paused)
    assert time.monotonic_ns() - began_ns >= duration_ns - RESUME_EARLY_NS
    assert len(table.discarded) == 1
    table.say('after')
    table.until(lambda: len(table.heard) == 2)
    assert table.heard == ['before', 'after']


def test_a_pause_can_be_ended_and_one_that_is_too_short_does_not_begin(
    table: Table, pausable: PausableCallbackGroup
) -> None:
    pausable.pause(RESUME_EARLY_NS + MIN_PAUSE_NS - 1)
    assert not pausable.paused
    pausable.pause(LONG_NS)
    pausable.resume()
    table.say('now')
    table.until(lambda: table.heard)
    assert table.discarded == [None]
