# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""``~/reload_map`` under load, over topics."""

from __future__ import annotations

from collections.abc import Callable
import itertools
from pathlib import Path

from geometry_msgs.msg import PoseArray, PoseWithCovarianceStamped
import pictures
from processes import NodeProcess, Peer, values_of
from rclpy.qos import DurabilityPolicy, QoSProfile
from std_srvs.srv import Trigger
import town


def test_reload_swaps_the_map_under_load_without_a_lost_or_wrong_match(
    tmp_path: Path, start: Callable[..., NodeProcess], peer_of: Callable[[NodeProcess], Peer]
) -> None:
    """Two maps that differ in ids and poses take turns while a camera shows place after place."""
    live = tmp_path / 'live'
    spare = [
        town.write_map(tmp_path / name, back) for name, back in (('way', False), ('back', True))
    ]
    spare.pop(0).rename(live)
    peer = peer_of(start('reload', map_path=live))
    edges: list[PoseWithCovarianceStamped] = []
    keyframes: list[PoseArray] = []
    subscribe = peer.node.create_subscription
    subscribe(PoseWithCovarianceStamped, '/reload/loop_closure', edges.append, 50)
    latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
    subscribe(PoseArray, '/reload/keyframes', keyframes.append, latched)
    camera = peer.publisher()
    asked = 0

    def look(back: bool | None = None) -> bool:
        """Show the next place; tell which map the answer is of, all of it."""
        nonlocal asked
        place, asked = asked % town.PLACES, asked + 1
        values = values_of(peer.ask(camera, pictures.raw(town.view(place))).status[0])
        found = float(values['y_m']) > town.BACK_M / 2
        assert back is None or found is back
        expected = town.PLACES - 1 - place if found else place
        assert (values['reason'], values['keyframe_id']) == ('accepted', str(expected))
        peer.until(lambda: len(peer.poses) == len(edges) == asked, 'pose and edge of the image')
        assert edges[-1].header.frame_id == f'keyframe_{expected}'
        assert (peer.poses[-1].pose.pose.position.y > town.BACK_M / 2) is found
        return found

    for back in (True, False, True):
        look(not back)
        next_spare = tmp_path / f'old{asked}'
        live.rename(next_spare)
        spare.pop().rename(live)
        spare.append(next_spare)
        answer = peer.start_call(Trigger, 'reload_map', Trigger.Request())
        turns = [not back]
        while not answer.done() or turns[-1] is not back:
            turns.append(look())
            assert len(turns) < 500
        assert answer.result().success
        # Once and for all: no image after the first of the new map is of the old one.
        assert sum(a != b for a, b in itertools.pairwise(turns)) == 1
        peer.until(
            lambda: keyframes and (keyframes[-1].poses[0].position.y > town.BACK_M / 2) is back,  # noqa: B023
            'the keyframes of the new map',
        )
    assert len(peer.poses) == asked
