# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The node as its users meet it: services, parameters, diagnostics, keyframes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus
from geometry_msgs.msg import PoseArray, PoseWithCovarianceStamped
import numpy as np
import pictures
from processes import NodeProcess, Peer, values_of
import pytest
from rcl_interfaces.srv import SetParameters
from rclpy.parameter import Parameter
from rclpy.qos import QoSDurabilityPolicy, QoSProfile
from std_srvs.srv import SetBool, Trigger
import town

from avpr_ros.ros.interface import ENDPOINTS
from avpr_ros.stages import STAGES

NAME = 'plain_localizer'


@pytest.fixture(scope='module')
def own_map(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A map that a test may damage."""
    return town.write_map(tmp_path_factory.mktemp('own') / 'map')


@pytest.fixture(scope='module')
def node(start: Callable[..., NodeProcess], own_map: Path) -> NodeProcess:
    return start(NAME, map=own_map, trigger_timeout_s=1.0)


@pytest.fixture(scope='module')
def peer(peer_of: Callable[[NodeProcess], Peer], node: NodeProcess) -> Peer:
    return peer_of(node)


@pytest.fixture(scope='module')
def publisher(peer: Peer) -> Any:
    return peer.publisher()


def set_parameter(peer: Peer, name: str, value: object) -> tuple[bool, str]:
    request = SetParameters.Request(parameters=[Parameter(name, value=value).to_parameter_msg()])
    result = peer.call(SetParameters, 'set_parameters', request).results[0]
    return result.successful, result.reason


def test_unknown_place_is_reported_and_not_published(peer: Peer, publisher: Any) -> None:
    unknown = pictures.raw(town.view(place=1000))
    matches = peer.ask(publisher, unknown)
    assert matches.status[0].level == DiagnosticStatus.WARN
    assert values_of(matches.status[0])['reason'] == 'low_similarity'
    # The places that the map's twelve keyframes make.
    assert [int(values_of(status)['rank']) for status in matches.status] == [0, 1]
    known = peer.ask(publisher, pictures.raw(town.view(place=1)))
    peer.until(lambda: peer.pose_of(_stamp(known)), 'the pose of the known place')
    assert peer.pose_of(_stamp(matches)) is None


def test_an_accepted_match_is_a_loop_closure_and_a_rejected_one_is_not(
    peer: Peer, publisher: Any
) -> None:
    closures: list[PoseWithCovarianceStamped] = []
    topic = f'/{NAME}/loop_closure'
    peer.node.create_subscription(PoseWithCovarianceStamped, topic, closures.append, 50)
    unknown = peer.ask(publisher, pictures.raw(town.view(place=1000)))
    image = pictures.raw(town.view(place=3))
    # The node may meet the new subscription later than the image: it is asked again then.
    peer.until(lambda: closures or not peer.ask(publisher, image), 'a loop closure')
    closure = closures[0]
    assert closure.header.frame_id == 'keyframe_3'
    assert _stamp(closure) != _stamp(unknown)
    peer.until(lambda: peer.pose_of(_stamp(closure)), 'the pose of the same image')
    assert abs(closure.pose.pose.orientation.w) == pytest.approx(1.0)
    covariance = np.reshape(closure.pose.covariance, (6, 6))
    assert np.linalg.eigvalsh(covariance).min() > 0.0


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


def test_old_images_are_dropped_but_not_those_of_another_clock(peer: Peer, publisher: Any) -> None:
    old, recorded = (peer.stamped(pictures.raw(town.view(5)), age_s) for age_s in (2.0, 7200.0))
    publisher.publish(old)
    peer.until(
        lambda: int(values_of(peer.fresh_diagnostics('images')).get('dropped_too_old', 0)),
        'the old image is dropped',
    )
    publisher.publish(recorded)
    peer.until(lambda: peer.pose_of(_stamp(recorded)), 'a pose for the recorded image')
    assert peer.matches_of(_stamp(old)) is None


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
        ('map', '/elsewhere', 'read-only'),
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
        pose = peer.until(lambda: peer.pose_of(_stamp(matches)), 'the pose')
        return float(pose.pose.covariance[0])

    before = variance()
    assert set_parameter(peer, 'position_covariance_scale', 2.0)[0]
    assert variance() == pytest.approx(4.0 * before)
    assert set_parameter(peer, 'position_covariance_scale', 1.0)[0]


def test_keyframes_reach_a_late_subscriber(peer: Peer) -> None:
    received: list[PoseArray] = []
    qos = QoSProfile(depth=1, durability=QoSDurabilityPolicy.TRANSIENT_LOCAL)
    late = peer.node.create_subscription(PoseArray, f'/{NAME}/keyframes', received.append, qos)
    peer.until(lambda: received, 'the keyframes')
    peer.node.destroy_subscription(late)
    assert received[0].header.frame_id == 'town_map'
    places = [pose.position.x / town.SPACING_M for pose in received[0].poses]
    assert places == list(range(town.PLACES))


def test_diagnostics_say_what_the_node_does(peer: Peer, own_map: Path) -> None:
    assert values_of(peer.fresh_diagnostics('map'))['keyframes'] == str(town.PLACES)
    assert values_of(peer.fresh_diagnostics('map'))['path'] == str(own_map)
    inference = values_of(peer.fresh_diagnostics('inference'))
    percentiles = [float(inference[f'p{share}_ms']) for share in (50, 95, 99)]
    assert percentiles[0] > 0.0
    assert percentiles == sorted(percentiles)
    for stage in STAGES:
        p50, p95, p99 = (float(one) for one in inference[f'{stage}_ms'].split(' / '))
        assert 0.0 <= p50 <= p95 <= p99
    assert int(values_of(peer.fresh_diagnostics('localisation'))['count_accepted']) > 0


def test_silence_is_reported_with_topic_qos_and_publishers(
    peer: Peer, publisher: Any, node: NodeProcess
) -> None:
    report = peer.until(
        lambda: (
            report
            if (report := peer.fresh_diagnostics('images')).level == DiagnosticStatus.WARN
            else None
        ),
        'the silence is reported',
    )
    assert 'on /image (reliable, 1 publishers)' in report.message
    assert report.message.split(' on ')[1] in node.log()


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


def test_interface_table_is_the_graph(peer: Peer, publisher: Any) -> None:
    def names(kind: str) -> set[tuple[str, str]]:
        return {
            (one.name.replace('~', f'/{NAME}'), one.type) for one in ENDPOINTS if one.kind == kind
        }

    own = {'/rosout', '/parameter_events'}
    published = peer.node.get_publisher_names_and_types_by_node(NAME, '/')
    assert {(n, t[0]) for n, t in published if n not in own} == names('published')
    subscribed = peer.node.get_subscriber_names_and_types_by_node(NAME, '/')
    heard = {n for n, _ in subscribed if n not in own}
    assert heard == {'/image', '/camera_info', '/odom'}
    services = peer.node.get_service_names_and_types_by_node(NAME, '/')
    offered = {(n, t[0]) for n, t in services if t[0].startswith('std_srvs')}
    assert offered == names('service')


def _stamp(message: Any) -> int:
    return int(message.header.stamp.sec) * 10**9 + int(message.header.stamp.nanosec)
