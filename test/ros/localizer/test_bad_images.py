# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Images that cannot be decoded: one clear sentence, nothing published, the node lives on."""

from __future__ import annotations

import array
from collections.abc import Callable
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus
import numpy as np
import pictures
from processes import NodeProcess, Peer, values_of
import pytest
from sensor_msgs.msg import CompressedImage
import town

from avpr_ros.ros.common.messages import stamp_ns


@pytest.fixture(scope='module')
def node(start: Callable[..., NodeProcess]) -> NodeProcess:
    return start('strained_localizer')


BAD = {
    'zero_size': (pictures.raw(np.zeros((0, 0, 3), np.uint8)), 'no pixels'),
    'encoding': (pictures.raw(town.view(0)), 'not supported'),
    'short': (pictures.raw(town.view(0)), 'bytes'),
}
BAD['encoding'][0].encoding = 'no_such_8'
BAD['short'][0].data = BAD['short'][0].data[:-1000]


@pytest.mark.parametrize('fault', BAD)
def test_bad_image_is_counted_and_the_node_lives_on(
    peer: Peer, publisher: Any, fault: str
) -> None:
    message, said = BAD[fault]
    before = int(values_of(peer.fresh_diagnostics('images'))['decode_failures'])
    bad = peer.send(publisher, message)
    report = peer.until(
        lambda: (
            report
            if int(values_of(report := peer.fresh_diagnostics('images'))['decode_failures'])
            > before
            else None
        ),
        'the fault is counted',
    )
    # An error above one half of the last seconds' images.
    assert report.level in (DiagnosticStatus.WARN, DiagnosticStatus.ERROR)
    assert said in report.message
    good = peer.ask(publisher, pictures.raw(town.view(2)))
    peer.until(lambda: peer.estimate_pose(stamp_ns(good.header.stamp)), 'a pose')
    assert peer.matches_of(bad) is None
    assert peer.estimate_pose(bad) is None

    def good_again() -> bool:
        peer.ask(publisher, pictures.raw(town.view(2)))
        return bool(peer.fresh_diagnostics('images').level == DiagnosticStatus.OK)

    peer.until(good_again, 'the fault is over')


def test_bad_images_are_logged_once_in_five_seconds(
    peer: Peer, publisher: Any, node: NodeProcess
) -> None:
    lines = node.log().count('is dropped')
    for _ in range(5):
        peer.send(publisher, BAD['zero_size'][0])
        peer.ask(publisher, pictures.raw(town.view(2)))
    assert lines <= node.log().count('is dropped') <= lines + 1
    assert 'Traceback' not in node.log()


def test_corrupt_jpeg(
    start: Callable[..., NodeProcess], peer_of: Callable[[NodeProcess], Peer]
) -> None:
    node = start('jpeg_localizer', image_transport='compressed')
    peer = peer_of(node)
    publisher = peer.publisher(CompressedImage, 'image/compressed')
    bad = pictures.compressed(town.view(2))
    bad.data = array.array('B', bad.data[: len(bad.data) // 2])
    corrupt = peer.send(publisher, bad)
    peer.until(lambda: 'is dropped' in node.log(), 'the fault is logged')
    good = peer.ask(publisher, pictures.compressed(town.view(2)))
    peer.until(lambda: peer.estimate_pose(stamp_ns(good.header.stamp)), 'a pose')
    assert peer.matches_of(corrupt) is None
    assert peer.estimate_pose(corrupt) is None
    assert 'Traceback' not in node.log()
