# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A real executor and real topics: who is woken, and what is kept meanwhile."""

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
    EARLY_NS,
    LEAST_REST_NS,
    PausableCallbackGroup,
    PolledCallbackGroup,
    taken,
)

LONG_NS = 3600 * 10**9


@dataclass
class Table:
    """A node that says something and hears itself, in a group."""

    node: Any
    executor: SingleThreadedExecutor
    heard: list[str] = field(default_factory=list)
    overlooked: list[Any] = field(default_factory=list)

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
def rest(table: Table) -> PausableCallbackGroup:
    """Rests of the group that the table is heard in."""
    rest = PausableCallbackGroup(
        table.node, lambda: table.overlooked.append(taken(subscription, raw=True))
    )
    subscription = table.listen(rest)
    return rest


def test_what_is_unwatched_is_kept_until_somebody_takes_it(table: Table) -> None:
    subscription = table.listen(PolledCallbackGroup())
    table.say('one')
    table.spin()
    assert table.heard == []
    assert table.until(lambda: taken(subscription)).data == 'one'
    assert taken(subscription) is None


def test_a_rest_ends_by_itself_and_what_came_in_it_is_overlooked(
    table: Table, rest: PausableCallbackGroup
) -> None:
    table.say('before')
    table.until(lambda: table.heard)
    duration_ns = EARLY_NS + 2 * LEAST_REST_NS
    began_ns = time.monotonic_ns()
    rest.begin(duration_ns)
    assert rest.resting
    table.say('early')
    table.until(lambda: not rest.resting)
    assert time.monotonic_ns() - began_ns >= duration_ns - EARLY_NS
    assert len(table.overlooked) == 1
    table.say('after')
    table.until(lambda: len(table.heard) == 2)
    assert table.heard == ['before', 'after']


def test_a_rest_can_be_ended_and_one_that_is_too_short_does_not_begin(
    table: Table, rest: PausableCallbackGroup
) -> None:
    rest.begin(EARLY_NS + LEAST_REST_NS - 1)
    assert not rest.resting
    rest.begin(LONG_NS)
    rest.end()
    table.say('now')
    table.until(lambda: table.heard)
    assert table.overlooked == [None]
