# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What people look at: over topics while somebody watches, and nothing at all otherwise."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pictures
from processes import NodeProcess, Peer
import pytest
from sensor_msgs.msg import Image
import town
from visualization_msgs.msg import MarkerArray

from avpr_ros.localization.result import MatchResult, Reason
from avpr_ros.ros.common.messages import stamp_ns
from avpr_ros.ros.localizer.visualization import Visuals
from avpr_ros.sources.images.decode import decode_image

NAME = 'watched_localizer'


#: The node's first markers hold the keyframes.
pytestmark = pytest.mark.random_order(disabled=True)


@pytest.fixture(scope='module')
def peer(peer_of: Callable[[NodeProcess], Peer], start: Callable[..., NodeProcess]) -> Peer:
    return peer_of(start(NAME))


@pytest.fixture(scope='module')
def publisher(peer: Peer) -> Any:
    return peer.publisher()


def stamp_of(message: Any) -> int:
    """Return the stamp of the query that a picture or a set of markers is about."""
    if isinstance(message, MarkerArray):
        message = next(one for one in message.markers if one.ns == 'matches')
    return stamp_ns(message.header.stamp)


def watch(peer: Peer, publisher: Any, kind: type, topic: str, place: int) -> Any:
    """Subscribe, show the node a place until a watcher gets what it drew of it, return that.

    Drawings of earlier images may still be under way: only the asked images' stamps count.
    """
    seen: list[Any] = []
    asked: set[int] = set()
    subscription = peer.subscribe(kind, f'/{NAME}/{topic}', seen.append, 10)
    image = pictures.raw(town.view(place))

    def drawn() -> Any:
        mine = [message for message in seen if stamp_of(message) in asked]
        if not mine:
            asked.add(stamp_ns(peer.ask(publisher, image).header.stamp))
        return next(iter(mine), None)

    message = peer.until(drawn, topic)
    peer.node.destroy_subscription(subscription)
    return message


def test_markers_show_the_keyframes_and_the_match(peer: Peer, publisher: Any) -> None:
    markers = watch(peer, publisher, MarkerArray, 'markers', 4).markers
    groups = {one.ns: one for one in markers if one.ns}
    assert set(groups) == {'keyframes', 'matches', 'links', 'reason'}
    assert len(groups['keyframes'].points) == town.PLACES
    assert groups['keyframes'].header.frame_id == 'town_map'
    assert groups['matches'].pose.position.x == 4 * town.SPACING_M
    assert groups['matches'].color.g > groups['matches'].color.r


def test_a_watcher_who_comes_later_gets_the_keyframes_too(peer: Peer, publisher: Any) -> None:
    markers = watch(peer, publisher, MarkerArray, 'markers', 1000).markers
    arrow = next(one for one in markers if one.ns == 'matches')
    assert arrow.color.r > arrow.color.g
    seen = peer.collect(MarkerArray, f'/{NAME}/markers', 10)
    unknown = pictures.raw(town.view(1000))

    def groups() -> set[str]:
        return {one.ns for message in seen for one in message.markers}

    peer.until(lambda: 'keyframes' in groups() or not peer.ask(publisher, unknown), 'keyframes')


def test_match_image_shows_both_pictures(peer: Peer, publisher: Any) -> None:
    message = watch(peer, publisher, Image, 'match_image', 6)
    picture = decode_image(message).astype(float)
    left, right = picture[:240, :320], picture[:240, 320:]
    assert left.shape == right.shape
    # The same view twice, once as it came and once as the map's JPEG.
    assert np.abs(left - right).mean() < 8.0


def test_without_watchers_nothing_is_drawn() -> None:
    class PolledCallbackGroup:
        def get_subscription_count(self) -> int:
            return 0

    node: Any = SimpleNamespace(create_publisher=lambda *_: PolledCallbackGroup())
    nothing: Any = None
    result = MatchResult(1, 'camera', (), None, Reason.NO_CANDIDATE, 'none')
    Visuals(node).publish(result, nothing, 'town', nothing)
