# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The node as its users meet it: matches, loop closures, diagnostics, keyframes."""

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
from rclpy.qos import QoSDurabilityPolicy, QoSProfile
import town

from avpr_ros.profiling import STAGES
from avpr_ros.ros.localizer.interface import ENDPOINTS

NAME = 'plain_localizer'


@pytest.fixture(scope='module')
def node(start: Callable[..., NodeProcess], own_map: Path) -> NodeProcess:
    return start(NAME, map_path=own_map, trigger_timeout_s=1.0)


def test_unknown_place_is_reported_and_not_published(peer: Peer, publisher: Any) -> None:
    unknown = pictures.raw(town.view(place=1000))
    matches = peer.ask(publisher, unknown)
    assert matches.status[0].level == DiagnosticStatus.WARN
    assert values_of(matches.status[0])['reason'] == 'low_similarity'
    # The places that the map's twelve keyframes make.
    assert [int(values_of(status)['rank']) for status in matches.status] == [0, 1]
    known = peer.ask(publisher, pictures.raw(town.view(place=1)))
    peer.until(lambda: peer.estimate_pose(_stamp(known)), 'the pose of the known place')
    assert peer.estimate_pose(_stamp(matches)) is None


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
    peer.until(lambda: peer.estimate_pose(_stamp(closure)), 'the pose of the same image')
    assert abs(closure.pose.pose.orientation.w) == pytest.approx(1.0)
    covariance = np.reshape(closure.pose.covariance, (6, 6))
    assert np.linalg.eigvalsh(covariance).min() > 0.0


def test_old_images_are_dropped_but_not_those_of_another_clock(peer: Peer, publisher: Any) -> None:
    old, recorded = (peer.stamped(pictures.raw(town.view(5)), age_s) for age_s in (2.0, 7200.0))
    publisher.publish(old)
    peer.until(
        lambda: int(values_of(peer.fresh_diagnostics('images')).get('dropped_too_old', 0)),
        'the old image is dropped',
    )
    publisher.publish(recorded)
    peer.until(lambda: peer.estimate_pose(_stamp(recorded)), 'a pose for the recorded image')
    assert peer.matches_of(_stamp(old)) is None


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
    for stage in set(STAGES) - {'geometry'}:  # this map has no landmarks
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
