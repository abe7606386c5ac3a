# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Every launch file against stand-ins for launch: arguments, and what they set in the nodes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from stand_ins import ROOT, Context, LaunchFile, launch_files, stand_ins
import yaml

from avpr_ros.ros.adapters.parameters import MODES, AdapterSettings
from avpr_ros.ros.common.parameter_table import table
from avpr_ros.ros.localizer.interface import ENDPOINTS
from avpr_ros.ros.localizer.parameters import Settings
from avpr_ros.ros.pose_graph.parameters import PoseGraphSettings

SETTINGS = {
    'avpr_localizer': Settings,
    'avpr_adapter': AdapterSettings,
    'avpr_pose_graph': PoseGraphSettings,
}
#: What each launch file sets in its nodes where no argument is given, besides the files.
FIXED = {
    'localize': [{}],
    'adapter': [{'mode': 'initialpose'}],
    'pose_graph_node': [{}],
    'localize_for_amcl': [{}, {'mode': 'initialpose'}],
    'localize_for_slam_toolbox': [{}, {'mode': 'initialpose'}],
    'localize_for_robot_localization': [{}, {'mode': 'robot_localization'}],
    'localize_for_rtabmap': [{}, {'mode': 'rtabmap_global_pose'}],
    'localize_for_cuvslam': [{}, {'mode': 'cuvslam'}],
    'pose_graph': [{}, {}],
    'loop_closing': [{'mode': 'loop_closing'}, {}],
}
#: It sets what the demo needs, see test_demo_launch.py.
DEMO = 'demo'
FILES = [name for name in launch_files() if name != DEMO]
CONFIG = str(ROOT / 'config' / 'localizer.yaml')


@pytest.fixture
def load() -> Iterator[Callable[[str], LaunchFile]]:
    with stand_ins():
        yield LaunchFile


def split(node: Any) -> tuple[list[str], dict[str, Any]]:
    """Return the parameter files of a node and the parameters set beside them."""
    files = [one.positional[0] for one in node.parameters if not isinstance(one, dict)]
    rest = [one for one in node.parameters if isinstance(one, dict)]
    values = {name: plain(value) for one in rest for name, value in one.items()}
    return files, values


def plain(value: Any) -> Any:
    """Return a parameter's value; those of launch must be of a type that is stated."""
    if hasattr(value, 'value_type'):
        assert value.value_type is str
        return value.positional[0]
    return value


def required(name: str) -> dict[str, str]:
    return {'mode': 'initialpose'} if name == 'adapter' else {}


def test_every_launch_file_is_known_here() -> None:
    assert set(launch_files()) == {*FIXED, DEMO}


@pytest.mark.parametrize('name', launch_files())
def test_arguments_are_described_with_a_default_among_the_choices(
    load: Callable[[str], LaunchFile], name: str
) -> None:
    for argument in load(name).arguments.values():
        assert argument.description.endswith('.')
        if 'choices' in vars(argument) and argument.positional[0] != 'mode':
            assert argument.default_value in argument.choices


@pytest.mark.parametrize('name', FILES)
def test_what_is_not_given_changes_nothing(load: Callable[[str], LaunchFile], name: str) -> None:
    nodes = load(name).start(**required(name))
    found = [split(node) for node in nodes]
    assert [values for _, values in found] == FIXED[name]
    for node, (files, _) in zip(nodes, found, strict=True):
        assert files == ([CONFIG] if node.executable == 'avpr_localizer' else [])
        assert node.arguments == []


@pytest.mark.parametrize('name', FILES)
def test_every_argument_has_an_effect(load: Callable[[str], LaunchFile], name: str) -> None:
    file = load(name)

    def facts(**given: str) -> list[Any]:
        nodes = file.start(**{**required(name), **given})
        return [
            (split(n), n.remappings, n.namespace, vars(n).get('respawn'), n.arguments)
            for n in nodes
        ]

    before = facts()
    for argument in file.arguments.values():
        default = getattr(argument, 'default_value', 'initialpose')
        choices = [one for one in getattr(argument, 'choices', ['/other']) if one != default]
        assert facts(**{argument.positional[0]: choices[-1]}) != before, argument.positional[0]


@pytest.mark.parametrize('name', FILES)
def test_parameters_and_executables_exist(load: Callable[[str], LaunchFile], name: str) -> None:
    file = load(name)
    setup = (ROOT / 'setup.py').read_text(encoding='utf-8')
    boolean = {
        one: 'true'
        for one, argument in file.arguments.items()
        if 'true' in getattr(argument, 'choices', [])
    }
    choice = {'image_transport': 'raw', 'log_level': 'warn'}
    text = {one: choice.get(one, 'text') for one in file.arguments.keys() - boolean.keys()}
    for node in file.start(**{**text, **boolean, **required(name), 'respawn': 'false'}):
        if node.package != 'avpr_ros':
            continue
        assert f"'{node.executable} = " in setup
        rows = {row.name: row for row in table(SETTINGS[node.executable])}
        files, values = split(node)
        assert files == ['text']
        assert values.pop('use_sim_time') is True
        for parameter, value in values.items():
            kind = {str: 'string', bool: 'bool'}[type(value)]
            assert rows[parameter].type == kind
            assert not rows[parameter].choices or value in rows[parameter].choices


def test_choices_are_those_of_the_parameters(load: Callable[[str], LaunchFile]) -> None:
    rows = {row.name: row for row in table(Settings)}
    transport = load('localize').arguments['image_transport']
    assert tuple(transport.choices) == ('', *rows['image_transport'].choices)
    assert tuple(load('adapter').arguments['mode'].choices) == MODES


def test_topics_reach_the_nodes(load: Callable[[str], LaunchFile]) -> None:
    (node,) = load('localize').start(image='/cam/image', camera_info='/other', odom='/wheel')
    assert node.remappings == [
        ('image', '/cam/image'),
        ('odom', '/wheel'),
        ('/cam/camera_info', '/other'),
    ]
    (_, adapter) = load('localize_for_cuvslam').start(odom='/wheel')
    assert ('odom', 'visual_slam/tracking/odometry') in adapter.remappings
    (_, adapter) = load('localize_for_slam_toolbox').start()
    assert ('consumer_pose', 'pose') in adapter.remappings


def test_a_node_that_dies_ends_the_launch_with_an_error(
    load: Callable[[str], LaunchFile],
) -> None:
    file = load('localize')
    (node,) = file.start()
    with pytest.raises(RuntimeError, match='avpr_localizer ended with exit code 2'):
        node.on_exit(SimpleNamespace(returncode=2), Context({}))
    assert node.on_exit(SimpleNamespace(returncode=0), Context({})).reason
    assert node.on_exit(SimpleNamespace(returncode=-2), Context({}, is_shutdown=True)) is None
    (node,) = file.start(respawn='true')
    assert node.on_exit is None


def test_rviz_comes_only_when_asked_for(load: Callable[[str], LaunchFile]) -> None:
    file = load('localize')
    _, rviz = file.start(rviz='true', namespace='robot1')
    assert (rviz.package, rviz.namespace) == ('rviz2', 'robot1')
    assert rviz.arguments == ['-d', str(ROOT / 'config' / 'avpr.rviz')]


def test_rviz_shows_topics_that_the_nodes_publish(load: Callable[[str], LaunchFile]) -> None:
    config = yaml.safe_load((ROOT / 'config' / 'avpr.rviz').read_text())
    displays = config['Visualization Manager']['Displays']
    shown = {one['Topic']['Value'] for one in displays if 'Topic' in one}
    assert shown == {f'/{topic}' for topic in load('localize').names['RVIZ_TOPICS']}
    published = {one.name.replace('~', '/avpr_localizer') for one in ENDPOINTS}
    assert shown - published == {'/avpr_pose_graph/path'}
