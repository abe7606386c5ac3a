# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A node under requests without end, and with a map that others write over."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
import shutil
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus
import pictures
from processes import NodeProcess, Peer, values_of
import pytest
from rclpy.qos import QoSProfile
from std_srvs.srv import Trigger
import town

NAME = 'beset_localizer'


@pytest.fixture(scope='module')
def node(start: Callable[..., NodeProcess], own_map: Path) -> NodeProcess:
    return start(NAME, map_path=own_map, trigger_timeout_s=3.0)


def call_many(peer: Peer, service: str, count: int) -> list[Trigger.Response]:
    """Call a service at once from one client whose own queue holds all answers."""
    client = peer.node.create_client(
        Trigger, f'/{NAME}/{service}', qos_profile=QoSProfile(depth=1000)
    )
    peer.until(client.service_is_ready, f'{service} is there')
    peer.wait_for_nodes(lambda: {f'/{NAME}'}, f'the server of {service}')
    futures = [client.call_async(Trigger.Request()) for _ in range(count)]
    peer.until(lambda: all(one.done() for one in futures), f'{count} answers of {service}')
    peer.node.destroy_client(client)
    return [one.result() for one in futures]


def test_every_reload_is_answered(peer: Peer) -> None:
    answers = call_many(peer, 'reload_map', 60)
    assert any(one.success for one in answers)
    assert all(one.success or 'busy' in one.message for one in answers)


def test_every_trigger_is_answered(peer: Peer) -> None:
    answers = call_many(peer, 'trigger', 300)
    texts = {one.message for one in answers}
    assert texts == {
        'No image came within 3 s.',
        'Busy: 10 requests wait for the next image already.',
    }


def test_map_that_is_written_over_is_named_and_read_again(
    peer: Peer, publisher: Any, own_map: Path, tmp_path: Path, node: NodeProcess
) -> None:
    other = town.write_map(tmp_path / 'other', back=True)
    shutil.copytree(other, own_map, dirs_exist_ok=True)
    report = peer.until(
        lambda: (
            one if (one := peer.fresh_diagnostics('map')).level == DiagnosticStatus.WARN else None
        ),
        'a warning about the map',
    )
    assert 'was changed after it was loaded' in report.message
    # The descriptors are searched in memory: this map is still the old one.
    matches = peer.ask(publisher, pictures.raw(town.view(8)))
    assert values_of(matches.status[0])['keyframe_id'] == '8'
    assert peer.call(Trigger, 'reload_map').success
    matches = peer.ask(publisher, pictures.raw(town.view(8)))
    assert values_of(matches.status[0])['keyframe_id'] == str(town.PLACES - 1 - 8)
    assert peer.fresh_diagnostics('map').level == DiagnosticStatus.OK
    assert 'was changed on disk' in node.log()


def test_node_stops_while_requests_wait(peer: Peer, node: NodeProcess) -> None:
    waiting = [peer.start_call(Trigger, 'trigger') for _ in range(5)]
    peer.until(lambda: True, 'the requests are sent')
    assert node.stop() == 0
    assert 'Traceback' not in node.log()
    assert not any(one.done() and one.result().success for one in waiting)
