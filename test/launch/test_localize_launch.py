# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Every launch file in the real launch system: nodes come up, and SIGINT ends them with 0."""

from __future__ import annotations

from collections.abc import Iterator
import os
from pathlib import Path

import pytest

pytest.importorskip('launch_pytest', reason='launch_pytest comes with a ROS distribution only')

from ament_index_python.packages import PackageNotFoundError, get_package_share_directory
from launch import LaunchDescription
from launch.actions import IncludeLaunchDescription, RegisterEventHandler
from launch.event_handlers import OnProcessExit
from launch.launch_description_sources import PythonLaunchDescriptionSource
import launch_pytest
from processes import Peer
import rclpy
import town

try:
    SHARE = Path(get_package_share_directory('avpr_ros'))
except PackageNotFoundError:
    pytest.skip('avpr_ros is not installed in a colcon workspace', allow_module_level=True)


@pytest.fixture(scope='module', autouse=True)
def ros_domain() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv('ROS_DOMAIN_ID', str(1 + os.getpid() % 100))
        patch.setenv('ROS_AUTOMATIC_DISCOVERY_RANGE', 'LOCALHOST')
        started_here = not rclpy.ok()
        if started_here:
            rclpy.init()
        yield
        if started_here:
            rclpy.try_shutdown()


@pytest.fixture
def exit_codes() -> list[int]:
    return []


def described(name: str, tmp_path: Path, exit_codes: list[int], **more: str) -> LaunchDescription:
    """An installed launch file, with a map and query network of a tiny town, in a namespace."""
    arguments = {'query': str(town.write_query(tmp_path / 'query.onnx')), 'namespace': 'robot1'}
    if name != 'loop_closing':
        arguments['map'] = str(town.write_map(tmp_path / 'map'))
    launched = IncludeLaunchDescription(
        PythonLaunchDescriptionSource(str(SHARE / 'launch' / f'{name}.launch.py')),
        launch_arguments={**arguments, **more}.items(),
    )
    note_exit = OnProcessExit(on_exit=lambda event, _: exit_codes.append(event.returncode))
    ready = launch_pytest.actions.ReadyToTest()
    return LaunchDescription([RegisterEventHandler(note_exit), launched, ready])


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
    'amcl': 'avpr_adapter',
    'slam_toolbox': 'avpr_adapter',
    'robot_localization': 'avpr_adapter',
    'rtabmap': 'avpr_adapter',
    'cuvslam': 'avpr_adapter',
    'pose_graph': 'avpr_back_end',
    'loop_closing': 'avpr_back_end',
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
