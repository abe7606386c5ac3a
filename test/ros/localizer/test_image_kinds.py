# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Every kind of image, from reliable and best-effort publishers, to a node in its own process."""

from __future__ import annotations

from collections.abc import Callable

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
import numpy as np
import pictures
from processes import NodeProcess, Peer, values_of
import pytest
from rclpy.qos import QoSProfile, QoSReliabilityPolicy
from sensor_msgs.msg import CompressedImage, Image
import town

from avpr_ros.ros.common.messages import stamp_ns

PLACE = 3


@pytest.fixture(scope='module')
def peers(
    start: Callable[..., NodeProcess], peer_of: Callable[[NodeProcess], Peer]
) -> dict[str, Peer]:
    """One node for raw images, one for compressed ones."""
    nodes = {kind: start(f'{kind}_localizer', image_transport=kind) for kind in KINDS}
    return {kind: peer_of(node) for kind, node in nodes.items()}


KINDS = {'raw': Image, 'compressed': CompressedImage}
TOPICS = {'raw': 'image', 'compressed': 'image/compressed'}


def check_found(peer: Peer, matches: DiagnosticArray) -> None:
    """Check that the place was found, and that the pose says so at the image's stamp."""
    best = matches.status[0]
    assert best.level == DiagnosticStatus.OK, best.message
    values = values_of(best)
    assert values['reason'] == 'accepted'
    assert int(values['keyframe_id']) == PLACE
    assert float(values['similarity']) > town.MIN_SIMILARITY
    assert float(values['x_m']) == PLACE * town.SPACING_M
    stamp = stamp_ns(matches.header.stamp)
    pose = peer.until(lambda: peer.estimate_pose(stamp), 'the pose of the image')
    assert pose.header.frame_id == matches.header.frame_id == 'town_map'
    assert pose.pose.pose.position.x == PLACE * town.SPACING_M
    covariance = np.reshape(pose.pose.covariance, (6, 6))
    assert (np.diag(covariance) > 0).all()
    assert np.count_nonzero(covariance) == 6


def test_publisher_that_starts_late(peers: dict[str, Peer]) -> None:
    peer = peers['raw']
    before = values_of(peer.fresh_diagnostics('images'))
    assert (before['reliability'], before['publishers']) == ('waiting for a publisher', '0')
    publisher = peer.publisher()
    check_found(peer, peer.ask(publisher, pictures.raw(town.view(PLACE))))
    peer.node.destroy_publisher(publisher)
    peer.until(
        lambda: values_of(peer.fresh_diagnostics('images'))['publishers'] == '0',
        'the node sees the publisher go',
    )
    assert 'waiting' in values_of(peer.fresh_diagnostics('images'))['reliability']


@pytest.mark.parametrize('encoding', pictures.ENCODINGS)
def test_raw_encodings(peers: dict[str, Peer], encoding: str) -> None:
    peer = peers['raw']
    publisher = peer.publisher()
    check_found(peer, peer.ask(publisher, pictures.raw(town.view(PLACE), encoding)))
    peer.node.destroy_publisher(publisher)


@pytest.mark.parametrize('kind', ['jpeg', 'png'])
def test_compressed_formats(peers: dict[str, Peer], kind: str) -> None:
    peer = peers['compressed']
    publisher = peer.publisher(CompressedImage, 'image/compressed')
    check_found(peer, peer.ask(publisher, pictures.compressed(town.view(PLACE), kind)))
    peer.node.destroy_publisher(publisher)


@pytest.mark.parametrize('transport', ['raw', 'compressed'])
def test_reliability_follows_the_publishers(peers: dict[str, Peer], transport: str) -> None:
    """Reliable, then best effort, then both at once: each time every publisher is heard."""
    peer, topic, kind = peers[transport], TOPICS[transport], KINDS[transport]
    make = pictures.raw if transport == 'raw' else pictures.compressed

    def offered() -> list[str]:
        name = peer.node.resolve_topic_name(topic)
        subscriptions = peer.node.get_subscriptions_info_by_topic(name)
        return [one.qos_profile.reliability.name.lower() for one in subscriptions]

    def heard(publisher: object, asked: str) -> None:
        peer.until(
            lambda: values_of(peer.fresh_diagnostics('images'))['reliability'] == asked,
            f'the node asks for {asked}',
        )
        # The subscription of before may be listed still; a match with it is none with the new one.
        peer.until(lambda: offered() == [asked], f'one subscription of {topic}')
        peer.until(publisher.get_subscription_count, 'the node listens')  # type: ignore[attr-defined]
        check_found(peer, peer.ask(publisher, make(town.view(PLACE))))

    reliable = peer.publisher(kind, topic, reliable=True)
    heard(reliable, 'reliable')
    unreliable = peer.publisher(kind, topic, reliable=False)
    heard(unreliable, 'best_effort')
    heard(reliable, 'best_effort')
    peer.node.destroy_publisher(unreliable)
    heard(reliable, 'reliable')
    peer.node.destroy_publisher(reliable)


def test_each_of_several_cameras_has_its_topic(
    start: Callable[..., NodeProcess], peer_of: Callable[[NodeProcess], Peer]
) -> None:
    """Remapping a camera's raw topic moves its compressed one."""
    parameters = {'cameras': '[left, right]', 'image_transport': 'compressed'}
    peer = peer_of(start('pair_localizer', '-r', 'left/image:=/rig/left', **parameters))
    for camera, topic in (('left', '/rig/left/compressed'), ('right', 'right/image/compressed')):
        publisher = peer.publisher(CompressedImage, topic)
        matches = peer.ask(publisher, pictures.compressed(town.view(PLACE)))
        check_found(peer, matches)
        assert {status.hardware_id for status in matches.status} == {camera}
        report = values_of(peer.fresh_diagnostics(f'images {camera}'))
        assert (report['topic'].lstrip('/'), report['received']) == (topic.lstrip('/'), '1')


def test_publisher_that_does_not_offer_what_is_asked(
    start: Callable[..., NodeProcess], peer_of: Callable[[NodeProcess], Peer]
) -> None:
    node = start('strict_localizer', '-r', 'image:=/strict', image_reliability='reliable')
    peer = peer_of(node)
    qos = QoSProfile(depth=1, reliability=QoSReliabilityPolicy.BEST_EFFORT)
    publisher = peer.node.create_publisher(Image, '/strict', qos)
    peer.until(
        lambda: values_of(peer.fresh_diagnostics('images'))['incompatible_qos'] == 'reliability',
        'the mismatch is reported',
    )
    assert "set image_reliability to 'auto'" in node.log()
    peer.node.destroy_publisher(publisher)
