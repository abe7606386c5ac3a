# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Every launch file in the real launch system: nodes come up, and SIGINT ends them with 0."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
import importlib.util
import os
from pathlib import Path
import signal
import time

import pytest

pytest.importorskip('launch_pytest', reason='launch_pytest comes with a ROS distribution only')

from ament_index_python.packages import PackageNotFoundError, get_package_share_directory
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from launch import LaunchDescription
from launch.actions import IncludeLaunchDescription, RegisterEventHandler
from launch.event_handlers import OnProcessExit, OnProcessStart
from launch.launch_description_sources import PythonLaunchDescriptionSource
import launch_pytest
from processes import Peer
import rclpy
from topic_client import DEADLINE_S, TopicClient
import town

from avpr_ros.api.maps import build_map
from avpr_ros.demo.building import Building
from avpr_ros.demo.drives import SECOND, record
from avpr_ros.ros.adapters.parameters import MODES
from avpr_ros.training import held_out
from simulation.ros_domain import reserve_domain

pytestmark = [pytest.mark.ros, pytest.mark.timeout(300)]
try:
    SHARE = Path(get_package_share_directory('avpr_ros'))
except PackageNotFoundError:
    pytest.skip('avpr_ros is not installed in a colcon workspace', allow_module_level=True)


@pytest.fixture(scope='module', autouse=True)
def ros_domain() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv('ROS_DOMAIN_ID', str(reserve_domain()))
        patch.setenv('ROS_AUTOMATIC_DISCOVERY_RANGE', 'LOCALHOST')
        started_here = not rclpy.ok()
        if started_here:
            rclpy.init()
        yield
        if started_here:
            rclpy.try_shutdown()


#: Message packages that a mode of the adapter cannot do without.
NEEDED = {'rtabmap_add_link': 'rtabmap_msgs', 'map_to_odom': 'tf2_msgs'}
#: Launch files that start no localizer, and the node that they start.
ALONE = {'adapter': 'avpr_adapter', 'pose_graph_node': 'avpr_pose_graph'}


@pytest.fixture
def exit_codes() -> list[int]:
    return []


@pytest.fixture
def pids() -> list[int]:
    """Process ids of what was started, the newest last."""
    return []


def described(
    name: str,
    tmp_path: Path,
    exit_codes: list[int],
    pids: list[int] | None = None,
    **more: str,
) -> LaunchDescription:
    """An installed launch file in a namespace, with what it takes of a tiny town."""
    started = [] if pids is None else pids
    arguments = {'namespace': 'robot1'}
    if name not in ALONE:
        arguments['query_network'] = str(town.write_query(tmp_path / 'query.onnx'))
    if name not in (*ALONE, 'loop_closing'):
        arguments['map_path'] = str(town.write_map(tmp_path / 'map'))
    launched = IncludeLaunchDescription(
        PythonLaunchDescriptionSource(str(SHARE / 'launch' / f'{name}.launch.py')),
        launch_arguments={**arguments, **more}.items(),
    )
    note_exit = OnProcessExit(on_exit=lambda event, _: exit_codes.append(event.returncode))
    note_start = OnProcessStart(on_start=lambda event, _: started.append(event.pid))
    handlers = [RegisterEventHandler(note) for note in (note_exit, note_start)]
    return LaunchDescription([*handlers, launched, launch_pytest.actions.ReadyToTest()])


@launch_pytest.fixture
def localize(tmp_path: Path, exit_codes: list[int]) -> LaunchDescription:
    return described('localize', tmp_path, exit_codes)


@pytest.mark.launch(fixture=localize)
def test_node_comes_up_and_stops_with_code_0(exit_codes: list[int]) -> Iterator[None]:
    peer = Peer('robot1/avpr_localizer')
    status = peer.fresh_diagnostics('map')
    peer.close()
    assert status.message == f'{town.PLACES} keyframes loaded.'
    assert exit_codes == []
    yield  # launch shuts down here, with SIGINT
    assert exit_codes == [0]


#: The node that each of the others starts beside the localizer.
BESIDE = {
    'localize_for_amcl': 'avpr_adapter',
    'localize_for_slam_toolbox': 'avpr_adapter',
    'localize_for_robot_localization': 'avpr_adapter',
    'localize_for_rtabmap': 'avpr_adapter',
    'localize_for_cuvslam': 'avpr_adapter',
    'pose_graph': 'avpr_pose_graph',
    'loop_closing': 'avpr_pose_graph',
}


@pytest.fixture(params=BESIDE)
def example(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@launch_pytest.fixture
def beside(example: str, tmp_path: Path, exit_codes: list[int]) -> LaunchDescription:
    return described(example, tmp_path, exit_codes)


@pytest.mark.launch(fixture=beside)
def test_an_example_brings_up_both_nodes(example: str, exit_codes: list[int]) -> Iterator[None]:
    peer = Peer('robot1/avpr_localizer')
    peer.fresh_diagnostics('map')
    nodes = peer.node.get_node_names_and_namespaces
    peer.until(lambda: (BESIDE[example], '/robot1') in nodes(), BESIDE[example])
    peer.close()
    assert exit_codes == []
    yield
    assert exit_codes == [0, 0]


def test_every_launch_file_is_brought_up_here() -> None:
    installed = {file.name.removesuffix('.launch.py') for file in SHARE.glob('launch/*.launch.py')}
    assert installed == {'localize', 'demo', *BESIDE, *ALONE}


@pytest.fixture(params=[*MODES, ''])
def mode(request: pytest.FixtureRequest) -> str:
    """A mode of the adapter; empty: the back-end, which has none."""
    package = NEEDED.get(request.param, 'rclpy')
    if importlib.util.find_spec(package) is None:
        pytest.skip(f'{package} is not installed')
    return str(request.param)


@launch_pytest.fixture
def alone(mode: str, tmp_path: Path, exit_codes: list[int]) -> LaunchDescription:
    if mode:
        return described('adapter', tmp_path, exit_codes, mode=mode)
    return described('pose_graph_node', tmp_path, exit_codes, output=str(tmp_path))


@pytest.mark.launch(fixture=alone)
def test_adapter_and_back_end_come_up_alone(mode: str, exit_codes: list[int]) -> Iterator[None]:
    name = ALONE['adapter' if mode else 'pose_graph_node']
    hear_of(name)
    assert exit_codes == []
    yield
    assert exit_codes == [0]


def hear_of(name: str) -> None:
    """Wait for diagnostics of a node, from now on."""
    client = TopicClient('looks_around')
    heard: list[DiagnosticStatus] = []
    client.subscribe(DiagnosticArray, '/diagnostics', lambda m: heard.extend(m.status), 10)
    client.until(
        lambda: any(status.name.startswith(f'{name}:') for status in heard),
        f'diagnostics of {name}',
    )
    nodes = client.node.get_node_names_and_namespaces
    client.until(lambda: (name, '/robot1') in nodes(), f'{name} in the graph')
    client.close()


@launch_pytest.fixture
def respawning_adapter(
    tmp_path: Path, exit_codes: list[int], pids: list[int]
) -> LaunchDescription:
    return described('adapter', tmp_path, exit_codes, pids, mode='cuvslam', respawn='true')


@pytest.mark.launch(fixture=respawning_adapter)
def test_an_adapter_that_dies_comes_back(exit_codes: list[int], pids: list[int]) -> Iterator[None]:
    hear_of('avpr_adapter')
    died = pids[-1]
    os.kill(died, signal.SIGKILL)
    deadline_s = time.monotonic() + DEADLINE_S
    while pids[-1] == died:
        assert time.monotonic() < deadline_s, 'it does not come back'
        time.sleep(0.05)
    hear_of('avpr_adapter')
    assert exit_codes == [-signal.SIGKILL]
    yield
    assert exit_codes == [-signal.SIGKILL, 0]


@launch_pytest.fixture
def respawning(tmp_path: Path, exit_codes: list[int], pids: list[int]) -> LaunchDescription:
    return described('localize', tmp_path, exit_codes, pids, respawn='true')


@pytest.mark.launch(fixture=respawning)
def test_a_node_that_dies_comes_back(exit_codes: list[int], pids: list[int]) -> Iterator[None]:
    peer = Peer('robot1/avpr_localizer')
    peer.fresh_diagnostics('map')
    os.kill(pids[-1], signal.SIGKILL)
    peer.until(lambda: exit_codes, 'the node ends')
    peer.fresh_diagnostics('map')
    peer.close()
    assert exit_codes == [-signal.SIGKILL]
    yield
    assert exit_codes == [-signal.SIGKILL, 0]


@launch_pytest.fixture
def played_demo(
    tmp_path: Path, exit_codes: list[int], monkeypatch: pytest.MonkeyPatch
) -> LaunchDescription:
    monkeypatch.setattr(held_out, 'VIEWS', 10)
    source = town.TownSource()
    build_map(source, tmp_path / 'my_map', network='embedded-fixed', landmarks=False)
    record(replace(SECOND, step_m=6.0), Building(), tmp_path)
    # What is not among its arguments is ignored by the launch file.
    return described('demo', tmp_path, exit_codes, folder=str(tmp_path), rviz='false')


@pytest.mark.launch(fixture=played_demo)
def test_the_demos_second_drive_is_played(exit_codes: list[int], tmp_path: Path) -> Iterator[None]:
    deadline_s = time.monotonic() + DEADLINE_S
    while not (tmp_path / 'answers.jsonl').exists():
        assert time.monotonic() < deadline_s, 'the replay does not end'
        time.sleep(0.1)
    yield  # the launch ends with the replay
    assert exit_codes == [0, 0]
