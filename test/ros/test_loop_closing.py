# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The node without a map: a drive around a block, over topics."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
import time
from typing import Any

from geometry_msgs.msg import PoseWithCovarianceStamped
from nav_msgs.msg import Odometry
from nav_msgs.msg import Path as PathMessage
import numpy as np
import pictures
from processes import NodeProcess, Peer, values_of
import pytest
from rclpy.qos import DurabilityPolicy, QoSProfile
from std_srvs.srv import Trigger
import town

from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.poses import Pose
from avpr_ros.ros.common.messages import pose_message, stamp_message, stamp_ns

NAME = 'mapless'
LAP_M = town.PLACES * town.SPACING_M


class Robot:
    """Drives round and round past the places of the town, with a camera and odometry."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self.camera = peer.publisher()
        self.odom = peer.publisher(Odometry, 'odom', 10)
        latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        self.closures = peer.collect(PoseWithCovarianceStamped, f'/{NAME}/loop_closure')
        self.session = peer.collect(PathMessage, f'/{NAME}/session', latched)
        self._start_ns = time.time_ns() - 60 * 10**9

    def drive_to(self, stop: int) -> Any:
        """Move on one stop, show what is there, and return the node's answer."""
        angle = 2 * np.pi * stop / town.PLACES
        radius_m = LAP_M / (2 * np.pi)
        x_m, y_m = radius_m * np.sin(angle), radius_m * (1 - np.cos(angle))
        pose = Pose.from_xy_yaw(x_m, y_m, angle)
        at_ns = self._start_ns + stop * 10**9
        message = Odometry(child_frame_id='base_link')
        message.header.frame_id = 'odom'
        message.header.stamp = stamp_message(at_ns)
        message.pose.pose = pose_message(pose.as_xyz_quaternion())
        image = pictures.raw(town.view(stop % town.PLACES))
        image.header.stamp = stamp_message(at_ns)

        def answered() -> Any:
            self.odom.publish(message)
            self.camera.publish(image)
            return self.peer.matches_of(at_ns)

        return self.peer.until(answered, 'the answer')


#: The tests are the parts of one drive.
pytestmark = pytest.mark.random_order(disabled=True)


@pytest.fixture(scope='module')
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp('saved') / 'map'


@pytest.fixture(scope='module')
def node(start: Callable[..., NodeProcess], saved: Path) -> NodeProcess:
    return start(
        NAME,
        mode='loop_closing',
        map_path='""',
        min_similarity=0.8,
        save_path=saved,
        min_travel_m=0.0,
        max_image_age_s=0.0,
        odom_wait_s=1.0,
    )


@pytest.fixture(scope='module')
def robot(node: NodeProcess, peer_of: Callable[[NodeProcess], Peer]) -> Robot:
    return Robot(peer_of(node))


def test_the_second_lap_closes_loops_and_the_first_does_not(robot: Robot) -> None:
    assert robot.peer.call(Trigger, 'save_map', Trigger.Request()).success is False
    for stop in range(town.PLACES):
        assert values_of(robot.drive_to(stop).status[0])['reason'] != 'accepted'
    assert robot.closures == []
    last = None
    for stop in range(town.PLACES, 2 * town.PLACES):
        last = robot.drive_to(stop)
    assert last is not None
    robot.peer.until(lambda: robot.closures and robot.session, 'a loop closure')
    for closure in robot.closures:
        keyframe = int(closure.header.frame_id.removeprefix('keyframe_'))
        stamps = [stamp_ns(one.header.stamp) for one in robot.session[-1].poses]
        stop = round((stamp_ns(closure.header.stamp) - stamps[0]) / 10**9)
        seen = round((stamps[keyframe] - stamps[0]) / 10**9)
        assert (stop - seen) % town.PLACES == 0
    assert robot.session[-1].header.frame_id == 'odom'
    assert robot.peer.poses == []  # the pose would be odometry's own


def test_the_session_is_saved_and_opened_by_the_same_network(
    robot: Robot, saved: Path, start: Callable[..., NodeProcess], peer_of: Callable[..., Peer]
) -> None:
    response = robot.peer.call(Trigger, 'save_map', Trigger.Request())
    assert response.success, response.message
    assert not robot.peer.call(Trigger, 'reload_map', Trigger.Request()).success
    peer = peer_of(start('mapped', '-r', 'image:=other/image', map_path=saved))
    matches = peer.ask(peer.publisher(topic='other/image'), pictures.raw(town.view(4)))
    assert values_of(matches.status[0])['reason'] == 'accepted'
    assert int(values_of(matches.status[0])['keyframe_id']) % town.PLACES == 4


def test_odometry_that_starts_anew_starts_a_new_session(
    robot: Robot, node: NodeProcess, saved: Path
) -> None:
    robot._start_ns -= 600 * 10**9  # a bag that loops
    robot.drive_to(0)
    report = robot.peer.until(
        lambda: (
            values
            if int((values := values_of(robot.peer.fresh_diagnostics('map')))['keyframes']) < 3
            else None
        ),
        'a new session',
    )
    assert report['path'] == 'this session'
    assert f'Session 1 ends with {2 * town.PLACES} keyframes' in node.log()
    assert robot.peer.call(Trigger, 'save_map', Trigger.Request()).success
    ended = GalleryMap.open(saved.with_name(f'{saved.name}_session1'))
    assert len(ended) == 2 * town.PLACES


@pytest.mark.parametrize(
    ('given', 'text'),
    [
        ({'map_path': '/some/map'}, 'uses no map'),
        ({'map_path': '""', 'temporal_filter': 'bayes'}, 'needs a map'),
    ],
)
def test_what_does_not_go_with_the_mode_is_refused(
    tmp_path: Path, town_query: Path, given: dict[str, str], text: str
) -> None:
    flags = [f'{key}:={value}' for key, value in {'query_network': town_query, **given}.items()]
    words = [word for flag in ['mode:=loop_closing', *flags] for word in ('-p', flag)]
    node = NodeProcess(tmp_path, *words, name='refused')
    assert node.wait() == 2
    assert text in node.log()
