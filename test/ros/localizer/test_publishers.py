# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What listens decides what is made."""

from __future__ import annotations

from collections.abc import Iterator
import time
from types import SimpleNamespace
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
import numpy as np
import pytest
import rclpy
from rclpy.node import Node

from avpr_ros.localization.result import MatchResult, Reason
from avpr_ros.ros.common import messages
from avpr_ros.ros.localizer.publishers import Outputs

RESULT = MatchResult(7, 'front', (), None, Reason.BAD_DESCRIPTOR, 'all zero')
IMAGE = np.zeros((4, 4, 3), np.uint8)


@pytest.fixture
def node() -> Iterator[Node]:
    one = rclpy.create_node('publishing')
    yield one
    one.destroy_node()


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[MatchResult]:
    """Return the results of which the list of candidates was made."""
    results: list[MatchResult] = []
    original = messages.matches_message

    def watched(result: MatchResult, *others: str) -> DiagnosticArray:
        results.append(result)
        return original(result, *others)

    monkeypatch.setattr(messages, 'matches_message', watched)
    return results


def test_the_list_of_candidates_is_made_for_those_who_listen(
    node: Node, made: list[MatchResult]
) -> None:
    outputs = Outputs(node, 'map')
    recognizer: Any = SimpleNamespace(
        gallery=SimpleNamespace(manifest=SimpleNamespace(map_id='some-id'))
    )
    outputs.publish(RESULT, recognizer, IMAGE)
    assert made == []
    heard: list[DiagnosticArray] = []
    topic = f'{node.get_fully_qualified_name()}/matches'
    node.create_subscription(DiagnosticArray, topic, heard.append, 10)
    end_s = time.monotonic() + 60.0
    while not heard and time.monotonic() < end_s:
        outputs.publish(RESULT, recognizer, IMAGE)
        rclpy.spin_once(node, timeout_sec=0.05)
    assert heard[0].status[0].message == 'all zero'
    assert made
