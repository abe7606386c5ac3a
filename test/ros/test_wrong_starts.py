# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The table of wrong starts in docs/troubleshooting.md: log and status have what it quotes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
import re
import shutil
import time

from diagnostic_msgs.msg import DiagnosticArray
from module_process import ModuleProcess
from processes import NodeProcess
import pytest
from sensor_msgs.msg import CameraInfo, Image
from topic_client import TopicClient
import town
from wrong_starts import ADAPTER, LOCALIZER, POSE_GRAPH, STARTS, Start

from avpr_ros.errors import ExtrinsicsError
from avpr_ros.ros.common.callback_groups import PausableCallbackGroup
from avpr_ros.ros.common.diagnostics import Diagnostics
from avpr_ros.ros.common.messages import stamp_message
from avpr_ros.ros.common.silence_watch import START_S
from avpr_ros.ros.localizer.drop_reasons import drop_problem
from avpr_ros.ros.localizer.extrinsics import ExtrinsicsProvider
from avpr_ros.ros.localizer.image_subscription import ImageInput, ImageStream
from avpr_ros.ros.localizer.pipeline.statistics import Statistics
from avpr_ros.ros.localizer.silence import camera_info_hint, image_hint

PAGE = Path(__file__).parents[2] / 'docs' / 'troubleshooting.md'
#: Rows that have a test of their own: what they need is not there as ROS nodes everywhere.
ALONE = {
    'frame that TF does not connect with the base',
    'camera_info on another topic',
}
#: Seconds by which the stamps of a camera are behind.
BEHIND_S = 20.0


@dataclass(frozen=True)
class Row:
    """One row of the table: the status, and what log and status must have."""

    task: str
    quotes: tuple[str, ...]


def rows() -> dict[str, Row]:
    section = PAGE.read_text(encoding='utf-8').partition('## Wrong starts')[2]
    found = {}
    for line in re.findall(r'^\| (.*) \|$', section, re.MULTILINE)[2:]:
        start, cause, remedy = line.split(' | ')
        task, *quotes = re.findall('`([^`]+)`', f'{cause} {remedy}')
        found[start] = Row(task, tuple(quotes))
    return found


ROWS = rows()


def test_every_row_has_a_start_and_every_start_a_row() -> None:
    assert len(ROWS) >= 20
    assert ROWS.keys() == STARTS.keys() | ALONE
    assert all(len(row.quotes) >= 2 for row in ROWS.values())


def test_causes_are_named_within_five_seconds() -> None:
    """Without a clock: silence, one report and one poll of the publishers add up."""
    period_s = Diagnostics.__init__.__defaults__[0]  # type: ignore[index]
    assert START_S + period_s + 0.5 < 5.0


@pytest.fixture
def world() -> Iterator[TopicClient]:
    client = TopicClient('world')
    yield client
    client.close()


def begin(start: Start, folder: Path, parameters: dict[str, object]) -> NodeProcess:
    flags = [word for key, value in parameters.items() for word in ('-p', f'{key}:={value}')]
    if start.module == LOCALIZER:
        given = {'OTHER_NODE': str(file_of_another_node(folder))}
        return NodeProcess(folder, *flags, *(given.get(one, one) for one in start.flags))
    name = {ADAPTER: 'avpr_adapter', POSE_GRAPH: 'avpr_pose_graph'}[start.module]
    return ModuleProcess(folder, start.module, name)


@pytest.mark.parametrize('name', STARTS)
def test_log_and_diagnostics_name_cause_and_remedy(
    name: str, world: TopicClient, town_map: Path, town_query: Path, tmp_path: Path
) -> None:
    start, row = STARTS[name], ROWS[name]
    if start.module == POSE_GRAPH:
        pytest.importorskip('gtsam', reason='the pose graph needs gtsam')
    made = {'DAMAGED': damaged_map, 'OTHER': other_query, 'MANIFEST': manifest_of_query}
    special = {
        key: made[str(value)](town_map, tmp_path)
        for key, value in start.parameters.items()
        if value in made
    }
    statuses: dict[str, str] = {}

    def note(message: DiagnosticArray) -> None:
        statuses.update({one.name.partition(': ')[2]: one.message for one in message.status})

    world.node.create_subscription(DiagnosticArray, '/diagnostics', note, 50)
    create = world.node.create_publisher
    publishers = [create(kind, topic, start.qos) for topic, kind in start.published.items()]
    given = {'map_path': town_map, 'query_network': town_query, 'max_image_age_s': 0.0}
    node = begin(
        start, tmp_path, {**given, 'temporal_filter': 'none', **start.parameters, **special}
    )
    try:

        def named() -> bool:
            if start.image is not None:
                message = start.image()
                now_ns = world.node.get_clock().now().nanoseconds
                behind_ns = int(BEHIND_S * 1e9) if 'behind' in name else 0
                message.header.stamp = stamp_message(now_ns - behind_ns)
                publishers[0].publish(message)
            text = statuses.get(row.task, '')
            return all(quote in text for quote in row.quotes)

        try:
            world.until(named, 'the cause')
        except AssertionError:
            pytest.fail(f'{row.task} is {statuses.get(row.task)!r}; the log:\n{node.log()}')
        for quote in row.quotes:
            node_log(node, quote, row.task)
    finally:
        code = node.wait() if row.task == 'start' else node.stop()
    assert code == (2 if row.task == 'start' else 0)
    assert 'Traceback' not in node.log()


def node_log(node: NodeProcess, quote: str, task: str) -> None:
    """Wait for the quote in the log; a node that has ended has written it before."""
    if task == 'start':
        assert quote in node.log()
    else:
        node.wait_for_log(quote)


def damaged_map(town_map: Path, folder: Path) -> Path:
    damaged = folder / 'damaged'
    shutil.copytree(town_map, damaged)
    keyframes = damaged / 'keyframes.npz'
    content = bytearray(keyframes.read_bytes())
    content[len(content) // 2] ^= 1
    keyframes.write_bytes(content)
    return damaged


def manifest_of_query(_map: Path, folder: Path) -> Path:
    return town.write_query(folder / 'query.onnx').with_suffix('.json')


def file_of_another_node(folder: Path) -> Path:
    file = folder / 'other_node.yaml'
    file.write_text('localizer:\n  ros__parameters:\n    max_rate_hz: 2.0\n')
    return file


def other_query(_map: Path, folder: Path) -> Path:
    return town.write_query(folder / 'other.onnx', salt=1.0)


def test_frame_that_tf_does_not_connect() -> None:
    """With tf2_msgs, which is no wheel, the node has this as the status of its images."""
    row = ROWS['frame that TF does not connect with the base']
    extrinsics = ExtrinsicsProvider('tf', ('camera',), 'base_link')
    statistics = Statistics()
    with pytest.raises(ExtrinsicsError) as caught:
        extrinsics.base_from_camera('camera', 'camera_optical')
    statistics.drop('camera', 'no_transform', detail=str(caught.value))
    text = drop_problem(statistics.recent, 'camera', 0.0, statistics.details) or ''
    assert all(quote in text for quote in row.quotes)


def test_a_publisher_that_was_just_found_is_not_blamed(world: TopicClient) -> None:
    other = TopicClient('late_camera')
    other.node.create_publisher(Image, '/image', 1)
    stream = ImageStream('camera', 'image', 'raw', 'reliable')
    pause = PausableCallbackGroup(world.node, lambda: None)
    source = ImageInput(world.node, stream, lambda *_: None, pause)
    world.until(source.publisher_count, 'the publisher')
    source.subscribed_s = time.monotonic()
    assert 'was just found' in image_hint(world.node, source)
    source.subscribed_s -= 2.0
    assert 'sends nothing that arrives' in image_hint(world.node, source)
    other.close()


def test_camera_info_on_another_topic(world: TopicClient) -> None:
    """The report of a map with landmarks, which has the hint of this function."""
    row = ROWS['camera_info on another topic']
    other = TopicClient('other_camera')
    stream = ImageStream('camera', 'image', 'auto', 'auto')
    pause = PausableCallbackGroup(world.node, lambda: None)
    source = ImageInput(world.node, stream, lambda *_: None, pause)
    assert camera_info_hint(world.node, source) is None
    other.node.create_publisher(CameraInfo, '/cam0/camera_info', 1)
    text = world.until(lambda: camera_info_hint(world.node, source), 'the hint')
    assert all(quote in text for quote in row.quotes)
    other.node.create_publisher(CameraInfo, '/camera_info', 1)
    world.until(lambda: camera_info_hint(world.node, source) is None, 'the topic itself')
    other.close()
