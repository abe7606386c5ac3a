# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A bag with a cut over topics: localizer, AMCL's adapter and pose graph, none restarted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
import time
from typing import Any

from geometry_msgs.msg import PoseWithCovarianceStamped
from module_process import ModuleProcess
from nav_msgs.msg import Odometry
import numpy as np
import pictures
from processes import NodeProcess, Peer, values_of
import pytest
from std_srvs.srv import Trigger
import town

from avpr_ros.poses import Pose
from avpr_ros.ros.common.messages import pose_message, stamp_message

pytest.importorskip('gtsam', reason='gtsam is not installed', exc_type=ImportError)
NAME = 'avpr_localizer'
#: Images of a bag: recorded hours ago, two a second.
RECORDED_NS, PERIOD_NS = 3 * 3600 * 10**9, 10**9 // 2
BEFORE, AFTER = list(range(12)), list(range(26, 38))


@pytest.fixture(scope='module')
def long_map(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(town, 'PLACES', 40)
        yield town.write_map(tmp_path_factory.mktemp('long') / 'map')


@pytest.fixture(scope='module')
def node(start: Callable[..., NodeProcess], long_map: Path) -> NodeProcess:
    return start(
        NAME,
        map_path=long_map,
        temporal_filter='consistency',
        max_speed_m_s=20.0,
        min_travel_m=0.0,
        odom_wait_s=1.0,
    )


class Drive:
    """Publishes images with odometry, which goes on from where it stood.

    Attributes:
        stamps_ns: of the images.
        reasons: of their best candidates.
        moved: how many images before contradict the place before, image by image.
    """

    def __init__(self, peer: Peer, publisher: Any) -> None:
        self._peer, self._publisher = peer, publisher
        self._odometry = peer.publisher(Odometry, 'odom', 50)
        self._at, self._place = Pose.identity(), 0
        self.stamps_ns = [time.time_ns() - RECORDED_NS]
        self.reasons, self.moved = ['none'], [0]

    def see(self, place: int, carried: bool = False) -> None:
        """Show a place; unless the robot is carried there, odometry moves."""
        if not carried:
            step = town.pose_at(self._place).inverse() @ town.pose_at(place)
            self._at = self._at @ step
        self._place = place
        stamp = self.stamps_ns[-1] + PERIOD_NS
        image, message = pictures.raw(town.view(place)), Odometry()
        image.header.stamp = message.header.stamp = stamp_message(stamp)
        message.header.frame_id, message.child_frame_id = 'odom', 'base_link'
        message.pose.pose = pose_message(self._at.as_xyz_quaternion())
        self._odometry.publish(message)
        self._publisher.publish(image)
        matches = self._peer.until(lambda: self._peer.matches_of(stamp), 'the matches')
        values = values_of(matches.status[0])
        self.stamps_ns.append(stamp)
        self.reasons.append(values['reason'])
        self.moved.append(int(values.get('moved_images', 0)))


@pytest.fixture
def consumers(tmp_path: Path) -> Iterator[None]:
    """AMCL's adapter and the pose graph; both must stop with code 0."""
    adapter = ModuleProcess(
        tmp_path, 'avpr_ros.ros.adapters.main', 'avpr_adapter', mode='initialpose', cool_down_s=0.5
    )
    graph = ModuleProcess(
        tmp_path, 'avpr_ros.ros.pose_graph.main', 'avpr_pose_graph', output=tmp_path / 'run'
    )
    yield
    assert [process.stop() for process in (adapter, graph)] == [0, 0]


def test_a_cut_in_the_drive_is_followed_by_node_adapter_and_pose_graph(
    peer: Peer, publisher: Any, consumers: None, tmp_path: Path
) -> None:
    sent = peer.collect(PoseWithCovarianceStamped, 'initialpose', 10)
    client = peer.node.create_client(Trigger, '/avpr_pose_graph/save')
    peer.until(client.service_is_ready, 'the pose graph')
    peer.wait_for_nodes(lambda: {'/avpr_pose_graph'}, 'the pose graph has matched the client')

    def used() -> int:
        text = peer.result(client.call_async(Trigger.Request()), 'save').message
        assert ' used' not in text or ' 0 rejected' in text
        return int(text.split(' used')[0].split()[-1]) if ' used' in text else 0

    drive, laps = Drive(peer, publisher), [*BEFORE, *BEFORE[-2:0:-1]]
    # Until everybody hears everybody: images before that are not missed by anybody.
    peer.until(
        lambda: [drive.see(place) for place in laps] and sent and used() >= 6,
        'both know where the robot is',
        60.0,
    )
    told, jump, before = len(sent), len(drive.reasons), used()
    start = drive.reasons.index('accepted')
    for place in AFTER:
        drive.see(place, carried=place == AFTER[0])
    after = drive.reasons[jump:]
    assert after.index('accepted') <= start
    assert max(drive.moved[:jump]) == 0
    assert max(drive.moved[jump : jump + after.index('accepted')]) >= 2
    pose = peer.until(lambda: len(sent) > told and sent[-1], 'AMCL is told of the new place')
    assert pose.pose.pose.position.x >= AFTER[0] * town.SPACING_M
    peer.until(lambda: used() >= before + after.count('accepted'), 'all closures are used')
    rows = np.loadtxt(tmp_path / 'run' / 'after.tum')
    # Where the robot stood still odometry cannot tell before the carry from after it.
    expected = [town.pose_at(place).translation_m for place in AFTER[1:]]
    np.testing.assert_allclose(rows[-len(AFTER) + 1 :, 1:4], expected, atol=0.5)
