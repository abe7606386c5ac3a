# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Simulated time: gates follow /clock, and a clock that jumps back opens them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pictures
from processes import NodeProcess, Peer, values_of
import pytest
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import Image
import town

from avpr_ros.ros.common.messages import stamp_message, stamp_ns

SECOND_NS = 1_000_000_000


class SimulatedWorld:
    """A clock and a camera that lives by it."""

    def __init__(self, peer: Peer, node: NodeProcess) -> None:
        self.peer = peer
        self.node = node
        self.clock = peer.publisher(Clock, '/clock', 10)
        self.camera = peer.publisher()

    def see(self, now_s: float) -> Image:
        """Let it be ``now_s`` and publish an image of then."""
        stamp = stamp_message(int(now_s * SECOND_NS))
        self.clock.publish(Clock(clock=stamp))
        image = pictures.raw(town.view(1))
        image.header.stamp = stamp
        self.camera.publish(image)
        return image

    def dropped(self) -> int:
        report = values_of(self.peer.fresh_diagnostics('images'))
        return int(report.get('dropped_rate', 0))

    def matched(self, image: Image) -> Any:
        stamp = stamp_ns(image.header.stamp)
        return self.peer.until(lambda: self.peer.matches_of(stamp), 'the matches')


@pytest.fixture(scope='module')
def world(
    start: Callable[..., NodeProcess], peer_of: Callable[[NodeProcess], Peer]
) -> SimulatedWorld:
    node = start('simulated_localizer', use_sim_time='true', max_rate_hz=1.0)
    return SimulatedWorld(peer_of(node), node)


def test_gates_follow_the_simulated_clock_and_its_jump_back(world: SimulatedWorld) -> None:
    # /clock and images come on two topics: the first instants are repeated until both are heard.
    world.peer.until(lambda: not world.see(100.0) or world.peer.matches, 'the first matches')
    before = world.dropped()
    early = world.see(100.2)
    world.peer.until(lambda: world.dropped() > before, 'the gate drops an early image')
    assert world.peer.matches_of(stamp_ns(early.header.stamp)) is None
    world.clock.publish(Clock(clock=stamp_message(50 * SECOND_NS)))
    world.peer.until(lambda: 'The clock jumped' in world.node.log(), 'the jump is noticed')
    world.matched(world.see(50.0))
