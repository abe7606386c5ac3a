# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The launch file against stand-ins for launch and launch_ros, which pip cannot install."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
import runpy
import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import yaml

from avpr_ros.ros.common.parameter_table import table
from avpr_ros.ros.localizer.interface import ENDPOINTS
from avpr_ros.ros.localizer.parameters import Settings

LAUNCH_FILE = Path(__file__).parents[2] / 'launch' / 'localize.launch.py'


class Recorded(SimpleNamespace):
    """Keeps what it was made of."""

    def __init__(self, *positional: Any, **named: Any) -> None:
        super().__init__(positional=positional, **named)


class Configuration(Recorded):
    def perform(self, context: dict[str, str]) -> str:
        return context[self.positional[0]]


@pytest.fixture
def launch_file(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Run the launch file with stand-ins and return its names."""
    for module, names in {
        'launch': ('LaunchContext', 'LaunchDescription'),
        'launch.actions': ('DeclareLaunchArgument', 'OpaqueFunction'),
        'launch.substitutions': ('LaunchConfiguration',),
        'launch_ros': (),
        'launch_ros.actions': ('Node',),
        'launch_ros.parameter_descriptions': ('ParameterFile', 'ParameterValue'),
    }.items():
        stand_in = ModuleType(module)
        for name in names:
            setattr(stand_in, name, Configuration if name == 'LaunchConfiguration' else Recorded)
        monkeypatch.setitem(sys.modules, module, stand_in)
    monkeypatch.setattr(
        'ament_index_python.packages.get_package_share_directory', lambda name: f'/share/{name}'
    )
    return runpy.run_path(str(LAUNCH_FILE))


@pytest.fixture
def start(launch_file: dict[str, Any]) -> Callable[..., Any]:
    def start_with(**given: str) -> Any:
        defaults = {one.positional[0]: one.default_value for one in launch_file['arguments']()}
        (node, *_) = launch_file['start_nodes']({**defaults, **given})
        return node

    return start_with


def test_arguments_are_few_and_described(launch_file: dict[str, Any]) -> None:
    arguments = launch_file['arguments']()
    assert len(arguments) <= 12
    for argument in arguments:
        assert argument.description.endswith('.')
        choices = getattr(argument, 'choices', None)
        assert choices is None or argument.default_value in choices


def test_what_is_not_given_is_left_to_the_parameter_file(start: Callable[..., Any]) -> None:
    file, overrides = start().parameters
    assert file.positional == ('/share/avpr_ros/config/localizer.yaml',)
    assert overrides == {'use_sim_time': False}


def test_what_is_given_reaches_the_node(start: Callable[..., Any]) -> None:
    node = start(map_path='2024', query_network='q.onnx', image='/cam/image', use_sim_time='true')
    overrides = node.parameters[1]
    assert overrides['use_sim_time'] is True
    assert overrides['map_path'].positional == ('2024',)
    assert overrides['map_path'].value_type is str
    assert node.remappings == [('image', '/cam/image'), ('odom', 'odom')]
    assert set(overrides) - {'use_sim_time'} <= {row.name for row in table(Settings)}


def test_choices_are_those_of_the_parameter(launch_file: dict[str, Any]) -> None:
    rows = {row.name: row for row in table(Settings)}
    for argument in launch_file['arguments']():
        name = argument.positional[0]
        if name in launch_file['PARAMETERS']:
            assert hasattr(Settings, name)
            assert tuple(getattr(argument, 'choices', ['']))[1:] == rows[name].choices


def test_rviz_comes_only_when_asked_for(launch_file: dict[str, Any]) -> None:
    defaults = {one.positional[0]: one.default_value for one in launch_file['arguments']()}
    assert len(launch_file['start_nodes'](defaults)) == 1
    _, rviz = launch_file['start_nodes']({**defaults, 'rviz': 'true', 'namespace': 'robot1'})
    assert (rviz.package, rviz.namespace) == ('rviz2', 'robot1')
    assert rviz.arguments == ['-d', '/share/avpr_ros/config/avpr.rviz']


def test_rviz_shows_topics_that_the_nodes_publish(launch_file: dict[str, Any]) -> None:
    config = yaml.safe_load((LAUNCH_FILE.parents[1] / 'config' / 'avpr.rviz').read_text())
    displays = config['Visualization Manager']['Displays']
    shown = {one['Topic']['Value'] for one in displays if 'Topic' in one}
    assert shown == {f'/{topic}' for topic in launch_file['RVIZ_TOPICS']}
    published = {one.name.replace('~', '/avpr_localizer') for one in ENDPOINTS}
    assert shown - published == {'/avpr_pose_graph/path'}
