# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The node while it runs: services that it offers, parameters that change."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pictures
from processes import NodeProcess, Peer, values_of
import pytest
from rcl_interfaces.srv import SetParameters
from rclpy.parameter import Parameter
from std_srvs.srv import SetBool, Trigger
import town

NAME = 'served_localizer'


@pytest.fixture(scope='module')
def node(start: Callable[..., NodeProcess], own_map: Path) -> NodeProcess:
    return start(NAME, map_path=own_map, trigger_timeout_s=1.0)


def set_parameter(peer: Peer, name: str, value: object) -> tuple[bool, str]:
    request = SetParameters.Request(parameters=[Parameter(name, value=value).to_parameter_msg()])
    result = peer.call(SetParameters, 'set_parameters', request).results[0]
    return result.successful, result.reason


def test_trigger_answers_matched_or_why_not(peer: Peer, publisher: Any) -> None:
    def trigger(place: int) -> Trigger.Response:
        waiting = peer.start_call(Trigger, 'trigger', Trigger.Request())
        image = pictures.raw(town.view(place))
        # Images keep coming until one of them is the next after the request.
        peer.until(lambda: waiting.done() or not peer.ask(publisher, image), 'the trigger answers')
        return waiting.result()

    known, unknown = trigger(4), trigger(1000)
    assert known.success
    assert 'similarity' in known.message
    assert not unknown.success
    assert 'similarity' in unknown.message


def test_trigger_without_an_image_gives_up_and_blocks_nothing(peer: Peer) -> None:
    waiting = peer.start_call(Trigger, 'trigger', Trigger.Request())
    assert set_parameter(peer, 'top_k', 10)[0]
    assert not waiting.done()
    response = peer.result(waiting, 'the trigger')
    assert not response.success
    assert response.message == 'No image came within 1 s.'


def test_disabled_node_matches_only_when_triggered(peer: Peer, publisher: Any) -> None:
    assert peer.call(SetBool, 'set_enabled', SetBool.Request(data=False)).success
    # A request that nobody waits for any more must not have an image matched.
    assert not peer.call(Trigger, 'trigger', Trigger.Request()).success
    ignored = peer.send(publisher, pictures.raw(town.view(5)))
    peer.until(
        lambda: int(values_of(peer.fresh_diagnostics('images')).get('dropped_disabled', 0)),
        'the image is dropped',
    )
    waiting = peer.start_call(Trigger, 'trigger', Trigger.Request())
    peer.until(
        lambda: waiting.done() or not peer.send(publisher, pictures.raw(town.view(5))),
        'the trigger answers',
    )
    assert waiting.result().success
    assert peer.call(SetBool, 'set_enabled', SetBool.Request(data=True)).success
    peer.ask(publisher, pictures.raw(town.view(5)))
    assert peer.matches_of(ignored) is None


@pytest.mark.parametrize(
    ('name', 'value', 'reason'),
    [
        ('max_rate_hz', -1.0, 'range'),
        ('min_similarity', 1.5, 'range'),
        ('min_similarity', float('nan'), 'range'),
        ('top_k', 0, 'range'),
        ('top_k', 2.5, 'type'),
        ('map_path', '/elsewhere', 'read-only'),
        ('image_transport', 'compressed', 'read-only'),
    ],
)
def test_refused_parameters(peer: Peer, name: str, value: object, reason: str) -> None:
    accepted, said = set_parameter(peer, name, value)
    assert not accepted
    assert reason in said.lower()


def test_threshold_changes_while_running(peer: Peer, publisher: Any) -> None:
    image = pictures.raw(town.view(6), 'bayer_rggb8')
    assert set_parameter(peer, 'min_similarity', 1.0)[0]
    assert values_of(peer.ask(publisher, image).status[0])['reason'] == 'low_similarity'
    assert set_parameter(peer, 'min_similarity', -1.0)[0]
    assert values_of(peer.ask(publisher, image).status[0])['reason'] == 'accepted'


def test_covariance_follows_its_scale(peer: Peer, publisher: Any) -> None:
    def variance() -> float:
        matches = peer.ask(publisher, pictures.raw(town.view(7)))
        pose = peer.until(lambda: peer.estimate_pose(_stamp(matches)), 'the pose')
        return float(pose.pose.covariance[0])

    before = variance()
    assert set_parameter(peer, 'position_covariance_scale', 2.0)[0]
    assert variance() == pytest.approx(4.0 * before)
    assert set_parameter(peer, 'position_covariance_scale', 1.0)[0]


def test_reload_keeps_the_old_map_when_the_new_one_is_damaged(
    peer: Peer, publisher: Any, own_map: Path
) -> None:
    assert peer.call(Trigger, 'reload_map', Trigger.Request()).success
    descriptors = own_map / 'descriptors.npy'
    whole = descriptors.read_bytes()
    descriptors.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    response = peer.call(Trigger, 'reload_map', Trigger.Request())
    descriptors.write_bytes(whole)
    assert not response.success
    assert 'The old map stays in use' in response.message
    assert 'descriptors.npy' in response.message
    matches = peer.ask(publisher, pictures.raw(town.view(8)))
    assert values_of(matches.status[0])['keyframe_id'] == '8'


def _stamp(message: Any) -> int:
    return int(message.header.stamp.sec) * 10**9 + int(message.header.stamp.nanosec)
