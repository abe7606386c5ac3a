# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The launch file in the real launch system: the node comes up, and SIGINT ends it with 0."""

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


@launch_pytest.fixture
def localize(tmp_path: Path, exit_codes: list[int]) -> LaunchDescription:
    """The installed launch file, with a map and query network of a tiny town."""
    launched = IncludeLaunchDescription(
        PythonLaunchDescriptionSource(str(SHARE / 'launch' / 'localize.launch.py')),
        launch_arguments={
            'map': str(town.write_map(tmp_path / 'map')),
            'query': str(town.write_query(tmp_path / 'query.onnx')),
            'namespace': 'robot1',
        }.items(),
    )
    note_exit = OnProcessExit(on_exit=lambda event, _: exit_codes.append(event.returncode))
    ready = launch_pytest.actions.ReadyToTest()
    return LaunchDescription([RegisterEventHandler(note_exit), launched, ready])


@pytest.mark.launch(fixture=localize)
def test_node_comes_up_and_stops_with_code_0(exit_codes: list[int]) -> Iterator[None]:
    peer = Peer('robot1/avpr_localizer')
    status = peer.fresh_diagnostics('map')
    peer.close()
    assert status.message == f'{town.PLACES} keyframes loaded.'
    assert exit_codes == []
    yield  # launch shuts down here, with SIGINT
    assert exit_codes == [0]
