# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""``avpr_replay``: bags of both storages played to a node in another process."""

from __future__ import annotations

from collections.abc import Callable
import json
from pathlib import Path
import subprocess
import sys
from typing import Any

from geometry_msgs.msg import PoseWithCovarianceStamped
from nav_msgs.msg import Odometry
import numpy as np
import pictures
from processes import NodeProcess, Peer
import pytest
from rclpy.serialization import deserialize_message, serialize_message
from rosbags.rosbag1 import Writer as Writer1
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import Stores, get_typestore
from sensor_msgs.msg import Image
import town

from avpr_ros.errors import SourceError
from avpr_ros.ros.common.messages import stamp_message
from avpr_ros.ros.common.messages import stamp_ns as stamp_of
from avpr_ros.ros.replay.bag import cdr_stamp_ns, open_stream

TOPIC = '/front/image'
STORAGES = {'sqlite3': StoragePlugin.SQLITE3, 'mcap': StoragePlugin.MCAP}
PLACES = (4, 7, 1000, 2)


def write_bag(folder: Path, storage: str, odometry: bool = False) -> Path:
    """Write raw images, one of them of a place that the map does not know."""
    store = get_typestore(Stores.ROS2_JAZZY)
    with Writer(folder, version=9, storage_plugin=STORAGES[storage]) as writer:
        connection = writer.add_connection(TOPIC, 'sensor_msgs/msg/Image', typestore=store)
        if odometry:
            odom = writer.add_connection('/odom', 'nav_msgs/msg/Odometry', typestore=store)
        for number, place in enumerate(PLACES):
            message = pictures.raw(town.view(place), 'bgr8')
            stamp_ns = town.FIRST_STAMP_NS + number * 10**8
            if odometry:
                moved = Odometry()
                moved.pose.pose.position.x = float(number)
                writer.write(odom, stamp_ns - 1, serialize_message(moved))
            message.header.stamp = stamp_message(stamp_ns)
            writer.write(connection, stamp_ns, serialize_message(message))
    return folder


def replay_command(*arguments: object) -> list[str]:
    command = [sys.executable, '-m', 'avpr_ros.ros.replay.main', '--timeout-s', '30']
    return [*command, *map(str, arguments)]


def replay(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = replay_command(*arguments)
    return subprocess.run(command, capture_output=True, text=True, timeout=200, check=False)


@pytest.fixture(scope='module')
def target(start: Callable[..., NodeProcess]) -> NodeProcess:
    # The tests' own odometry must be waited for until the tests hear it, not until the node does.
    node = start('replay_target', '-r', f'image:={TOPIC}', '-r', 'odom:=unheard')
    node.wait_for_log('keyframes of')
    return node


def check_rows(out: Path) -> list[dict[str, Any]]:
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert [row['stamp_ns'] for row in rows] == [
        town.FIRST_STAMP_NS + number * 10**8 for number in range(len(PLACES))
    ]
    for row, place in zip(rows, PLACES, strict=True):
        assert 0.0 < row['latency_ms'] < 20e3
        if place in range(town.PLACES):
            assert row['reason'] == 'accepted'
            assert row['candidates'][0]['keyframe_id'] == place
            assert row['pose']['x_m'] == place * town.SPACING_M
            assert row['pose']['frame_id'] == 'town_map'
            assert len(row['pose']['covariance']) == 36
            assert row['loop_closure']['frame_id'] == f'keyframe_{place}'
            assert row['loop_closure']['x_m'] == pytest.approx(0.0, abs=1e-9)
        else:
            assert row['reason'] == 'low_similarity'
            assert row['pose'] is None
            assert row['loop_closure'] is None
        assert row['candidates'][0]['similarity'] > row['candidates'][1]['similarity']
    return rows


# A slow rate: images that wait on a busy machine are replaced by newer ones.
@pytest.mark.parametrize(
    ('storage', 'options'),
    [('sqlite3', ()), ('mcap', ()), ('mcap', ('--reliability', 'best_effort'))],
)
def test_replay_writes_one_answer_per_image(
    target: NodeProcess, tmp_path: Path, storage: str, options: tuple[object, ...]
) -> None:
    bag, out = write_bag(tmp_path / 'bag', storage), tmp_path / 'out.jsonl'
    given = ('--node', target.name, '--image-topic', TOPIC, '--rate', 0.1, '--out', out)
    done = replay(bag, *given, *options)
    assert done.returncode == 0, done.stderr
    check_rows(out)
    assert '4 images published, 4 answered, 3 poses; latency p50' in done.stdout


def test_replay_further_topics_are_published_in_order(
    target: NodeProcess, peer_of: Callable[[NodeProcess], Peer], tmp_path: Path
) -> None:
    bag, out = write_bag(tmp_path / 'bag', 'mcap', odometry=True), tmp_path / 'out.jsonl'
    peer, seen = peer_of(target), []
    peer.node.create_subscription(Odometry, '/odom', seen.append, 50)
    peer.node.create_subscription(Image, TOPIC, seen.append, 50)
    options = ('--node', target.name, '--image-topic', TOPIC, '--also', '/odom', '--out', out)
    player = subprocess.Popen(replay_command(bag, *options))
    peer.until(lambda: len(seen) == 2 * len(PLACES), 'images and odometry')
    assert player.wait(200) == 0
    check_rows(out)
    odometry = [one for one in seen if isinstance(one, Odometry)]
    assert [one.pose.pose.position.x for one in odometry] == [0.0, 1.0, 2.0, 3.0]
    answered = [stamp_of(pose.header.stamp) for pose in peer.poses]
    assert answered == sorted(answered)


def test_replay_waits_for_late_listener(
    target: NodeProcess, peer_of: Callable[[NodeProcess], Peer], tmp_path: Path
) -> None:
    bag, out = write_bag(tmp_path / 'bag', 'mcap'), tmp_path / 'out.jsonl'
    peer, heard = peer_of(target), []
    options = ('--node', target.name, '--image-topic', TOPIC, '--out', out)
    player = subprocess.Popen(replay_command(bag, *options, '--listener', peer.node.get_name()))
    peer.until(lambda: peer.node.count_publishers(TOPIC), 'the replay is there')
    with pytest.raises(AssertionError, match='not within'):
        peer.until(lambda: peer.matches, 'an image before the listener has come', 2.5)
    topic = f'/{target.name}/loop_closure'
    peer.node.create_subscription(PoseWithCovarianceStamped, topic, heard.append, 50)
    peer.until(lambda: player.poll() is not None, 'the end')
    assert player.returncode == 0
    check_rows(out)
    peer.until(lambda: len(heard) == 3, 'all loop closures')


def test_replay_missing_listener_is_an_error(target: NodeProcess, tmp_path: Path) -> None:
    bag, out = write_bag(tmp_path / 'bag', 'mcap'), tmp_path / 'out.jsonl'
    options = ('--node', target.name, '--image-topic', TOPIC, '--out', out)
    done = replay(bag, *options, '--listener', 'nobody', '--discovery-timeout-s', 10)
    assert done.returncode == 2
    assert f'/nobody does not subscribe to /{target.name}/loop_closure' in done.stderr
    assert not out.exists()


def test_replay_missing_further_topic_is_an_error(tmp_path: Path) -> None:
    bag = write_bag(tmp_path / 'bag', 'mcap')
    with pytest.raises(SourceError, match='no topic /odom; its topics: /front/image'):
        open_stream(bag, TOPIC, ['/odom']).__enter__()


def test_replay_missing_topic_is_an_error(tmp_path: Path) -> None:
    bag = write_bag(tmp_path / 'bag', 'mcap')
    done = replay(bag, '--image-topic', '/rear', '--out', tmp_path / 'out.jsonl')
    assert done.returncode == 2
    assert done.stderr.count('\n') == 1
    assert 'has no image topic /rear; its image topics: /front/image' in done.stderr


def test_replay_missing_node_is_an_error(tmp_path: Path) -> None:
    bag, out = write_bag(tmp_path / 'bag', 'mcap'), tmp_path / 'out.jsonl'
    done = replay(
        bag, '--image-topic', TOPIC, '--out', out, '--node', 'nobody', '--discovery-timeout-s', 0.5
    )
    assert done.returncode == 2
    assert 'no node publishes /nobody/matches' in done.stderr
    assert not out.exists()


def test_cdr_stamp_equals_deserialised_stamp(tmp_path: Path) -> None:
    with open_stream(write_bag(tmp_path / 'bag', 'sqlite3'), TOPIC) as stream:
        stamps = [one.stamp_ns for one in stream.messages]
        assert stream.count == len(PLACES)
    assert np.diff(stamps).tolist() == [10**8] * 3
    assert cdr_stamp_ns(b'\0\0\0\0' + bytes([0, 0, 0, 2, 0, 0, 0, 7])) == 2 * 10**9 + 7


def test_open_stream_ros1_bag_gives_ros2_bytes(tmp_path: Path) -> None:
    store = get_typestore(Stores.ROS1_NOETIC)
    types = store.types
    stamp = types['builtin_interfaces/msg/Time'](7, 8)
    header = types['std_msgs/msg/Header'](seq=5, stamp=stamp, frame_id='cam')
    pixels = np.arange(6, dtype=np.uint8)
    image = types['sensor_msgs/msg/Image'](header, 1, 2, 'rgb8', 0, 6, pixels)
    with Writer1(tmp_path / 'old.bag') as writer:
        connection = writer.add_connection(TOPIC, 'sensor_msgs/msg/Image', typestore=store)
        writer.write(connection, 1, store.serialize_ros1(image, 'sensor_msgs/msg/Image'))
    with open_stream(tmp_path / 'old.bag', TOPIC) as stream:
        (played,) = stream.messages
    message = deserialize_message(played.data, Image)
    assert played.stamp_ns == stamp_of(message.header.stamp) == 7 * 10**9 + 8
    assert (message.width, message.encoding, list(message.data)) == (2, 'rgb8', [0, 1, 2, 3, 4, 5])


def test_replay_truncated_bag_is_an_error(tmp_path: Path) -> None:
    (file,) = write_bag(tmp_path / 'bag', 'mcap').glob('*.mcap')
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    done = replay(tmp_path / 'bag', '--image-topic', TOPIC, '--out', tmp_path / 'out.jsonl')
    assert done.returncode == 2
    assert done.stderr.count('\n') == 1
    assert 'truncated' in done.stderr


@pytest.mark.parametrize('content', [b'', b'not a bag at all'])
def test_replay_invalid_bag_is_an_error(tmp_path: Path, content: bytes) -> None:
    for name in ('broken.mcap', 'broken.db3', 'old.bag'):
        file = tmp_path / name
        file.write_bytes(content)
        with pytest.raises(SourceError, match=name), open_stream(file, TOPIC):
            pass
