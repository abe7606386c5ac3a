# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What goes wrong on a robot, over topics: restarts, dead cameras, neighbours."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
import signal
import time

from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import PoseWithCovarianceStamped
from module_process import ModuleProcess
from nav_msgs.msg import Odometry
import pictures
from processes import NodeProcess, Peer, values_of
import pytest
from std_srvs.srv import SetBool
import town

from avpr_ros.ros.common.messages import stamp_message

GIVEN = {'temporal_filter': 'none', 'max_rate_hz': 0.0, 'max_image_age_s': 20.0}


@pytest.fixture
def run(tmp_path: Path, town_map: Path, town_query: Path) -> Iterator[Callable[..., NodeProcess]]:
    """Start a localizer in a namespace; killed or stopped, it may come again."""
    started: list[NodeProcess] = []

    def run_one(namespace: str, **parameters: object) -> NodeProcess:
        given = {'map_path': town_map, 'query_network': town_query, **GIVEN, **parameters}
        flags = [word for key, value in given.items() for word in ('-p', f'{key}:={value}')]
        folder = tmp_path / f'{namespace}{len(started)}'
        folder.mkdir()
        where = ['-r', f'__ns:=/{namespace}'] if namespace else []
        started.append(NodeProcess(folder, *where, *flags))
        return started[-1]

    yield run_one
    for node in started:
        node.stop()


@pytest.fixture
def meet() -> Iterator[Callable[[str], Peer]]:
    peers: list[Peer] = []

    def meet_one(namespace: str) -> Peer:
        peers.append(Peer(f'{namespace}/avpr_localizer'.lstrip('/')))
        return peers[-1]

    yield meet_one
    for peer in peers:
        peer.close()


def place_of(peer: Peer, publisher: object, place: int) -> str:
    return values_of(peer.ask(publisher, pictures.raw(town.view(place))).status[0])['keyframe_id']


def test_two_robots_do_not_disturb_each_other(
    run: Callable[..., NodeProcess], meet: Callable[[str], Peer]
) -> None:
    for robot in ('robot1', 'robot2'):
        run(robot)
    first, second = meet('robot1'), meet('robot2')
    cameras = [
        peer.publisher(topic=f'/{robot}/image')
        for peer, robot in ((first, 'robot1'), (second, 'robot2'))
    ]
    for place in range(4):
        assert place_of(first, cameras[0], place) == str(place)
        assert place_of(second, cameras[1], place + 5) == str(place + 5)
    assert len(first.matches) == len(second.matches) == 4
    assert first.node.count_publishers('/avpr_localizer/pose') == 0
    names: set[str] = set()
    first.subscribe(
        DiagnosticArray,
        '/diagnostics',
        lambda message: names.update(one.hardware_id for one in message.status),
        50,
    )
    both = {'/robot1/avpr_localizer', '/robot2/avpr_localizer'}
    first.until(lambda: names >= both, 'diagnostics of both')
    # What one robot is told does not reach the other.
    assert first.call(SetBool, 'set_enabled', SetBool.Request(data=False)).success
    assert place_of(second, cameras[1], 1) == '1'
    first.send(cameras[0], pictures.raw(town.view(1)))
    assert place_of(second, cameras[1], 2) == '2'
    assert len(first.matches) == 4


def test_a_camera_that_dies_and_returns_is_heard_again(
    run: Callable[..., NodeProcess], meet: Callable[[str], Peer]
) -> None:
    run('robot3')
    peer = meet('robot3')
    camera = peer.publisher(topic='/robot3/image')
    assert place_of(peer, camera, 2) == '2'
    peer.node.destroy_publisher(camera)
    peer.until(
        lambda: 'waiting' in values_of(peer.fresh_diagnostics('images'))['reliability'],
        'the node sees that it is gone',
    )
    again = peer.publisher(topic='/robot3/image', reliable=False)  # another driver, another QoS
    assert place_of(peer, again, 6) == '6'


def test_a_bag_that_loops_is_matched_again(
    run: Callable[..., NodeProcess], meet: Callable[[str], Peer]
) -> None:
    run('robot4', max_image_age_s=0.0)
    peer = meet('robot4')
    camera = peer.publisher(topic='/robot4/image')
    stamps = [town.FIRST_STAMP_NS + place * 10**9 for place in range(3)]
    for _ in range(2):
        before = len(peer.matches)
        for place, at_ns in enumerate(stamps):
            image = pictures.raw(town.view(place))
            image.header.stamp = stamp_message(at_ns)
            camera.publish(image)
            peer.until(lambda: len(peer.matches) > before + place, 'an answer')  # noqa: B023
        found = [values_of(one.status[0])['keyframe_id'] for one in peer.matches[before:]]
        assert found == ['0', '1', '2']


def test_node_and_adapter_restart_into_a_running_system(
    tmp_path: Path, run: Callable[..., NodeProcess], meet: Callable[[str], Peer]
) -> None:
    sent: list[PoseWithCovarianceStamped] = []

    def adapter(number: int) -> ModuleProcess:
        folder = tmp_path / f'adapter{number}'
        folder.mkdir()
        module = 'avpr_ros.ros.adapters.main'
        return ModuleProcess(
            folder, module, 'restarting', mode='robot_localization', min_consistent_matches=1
        )

    node, adapting = run(''), adapter(0)
    peer = meet('')
    camera = peer.publisher()
    peer.subscribe(PoseWithCovarianceStamped, '/restarting/pose', sent.append)

    def flows() -> bool:
        place_of(peer, camera, 3)
        return bool(sent)

    peer.until(flows, 'the adapter sends')
    assert node.stop(signal.SIGKILL) == -signal.SIGKILL
    assert adapting.stop(signal.SIGKILL) == -signal.SIGKILL
    sent.clear()
    run('')
    adapting = adapter(1)
    again = meet('')
    again.subscribe(PoseWithCovarianceStamped, '/restarting/pose', sent.append)
    stop_at = again.publisher()

    def flows_again() -> bool:
        again.send(stop_at, pictures.raw(town.view(3)))  # the dead node may still be listed
        return bool(sent)

    again.until(flows_again, 'the adapter sends again')
    assert adapting.stop() == 0


def test_odometry_that_comes_after_its_image_still_tells_that_the_robot_stands(
    run: Callable[..., NodeProcess], meet: Callable[[str], Peer]
) -> None:
    """The image waits for odometry of its own stamp, and is matched where the robot has moved."""
    given = {'stationary_period_s': 3600.0, 'odom_wait_s': 1.0, 'max_image_age_s': 0.0}
    run('late', min_travel_m=0.5, use_odometry=False, **given)
    peer = meet('late')
    images, odometry = peer.publisher(topic='late/image'), peer.publisher(Odometry, 'late/odom')

    def drive(stamp: int, x_m: float) -> None:
        message = Odometry()
        message.header.frame_id, message.child_frame_id = 'odom', 'base_link'
        message.header.stamp = stamp_message(stamp)
        message.pose.pose.position.x, message.pose.pose.orientation.w = x_m, 1.0
        odometry.publish(message)

    def received() -> int:
        return int(values_of(peer.fresh_diagnostics('odometry'))['received'])

    def send_then_drive(x_m: float) -> int:
        before_ns, known = time.time_ns(), received()
        stamp = before_ns + 100_000_000

        def heard() -> bool:
            # Again and again: the first may be lost, and what is repeated makes no difference.
            drive(before_ns, x_m)
            return received() > known

        # Topics keep no order: the node must know that odometry comes before it waits for more.
        peer.until(heard, 'odometry before the image')
        image = pictures.raw(town.view(2))
        image.header.stamp = stamp_message(stamp)
        images.publish(image)
        with pytest.raises(AssertionError, match='not within'):
            peer.until(lambda: peer.matches_of(stamp), 'an answer without odometry', 0.2)
        drive(stamp + 1_000_000, x_m)
        return stamp

    first = send_then_drive(0.0)
    peer.until(lambda: peer.matches_of(first), 'the first image is matched')
    still = send_then_drive(0.1)
    dropped = peer.until(
        lambda: values_of(peer.fresh_diagnostics('images')).get('dropped_still'), 'it stands'
    )
    assert dropped == '1'
    assert peer.matches_of(still) is None
    moved = send_then_drive(1.0)
    peer.until(lambda: peer.matches_of(moved), 'the robot has moved')
