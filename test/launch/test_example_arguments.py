# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The launch files of the consumers, of the back-end and of loop closing, without launch."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
import runpy
import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from avpr_ros.ros.adapters.parameters import MODES
from avpr_ros.ros.common.parameter_table import table
from avpr_ros.ros.localizer.parameters import Settings
from avpr_ros.ros.pose_graph.parameters import PoseGraphSettings

ROOT = Path(__file__).parents[2]
LAUNCH = ROOT / 'launch'
#: What the launch files import from the package.
HELPER = 'avpr_ros.ros.common.launch_utils'
#: What each example sets in the launch files that it includes.
EXAMPLES = {
    'localize_for_amcl': {'mode': 'initialpose', 'consumer_pose': 'amcl_pose'},
    'localize_for_slam_toolbox': {'mode': 'initialpose', 'consumer_pose': 'pose'},
    'localize_for_robot_localization': {'mode': 'robot_localization'},
    'localize_for_rtabmap': {'mode': 'rtabmap_global_pose'},
    'localize_for_cuvslam': {'mode': 'cuvslam', 'odom': 'visual_slam/tracking/odometry'},
    'pose_graph': {},
}


class Recorded(SimpleNamespace):
    """Keeps what it was made of."""

    def __init__(self, *positional: Any, **named: Any) -> None:
        super().__init__(positional=positional, **named)


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], dict[str, Any]]:
    """Run a launch file with stand-ins and return its names."""
    for module, names in {
        'launch': ('LaunchContext', 'LaunchDescription'),
        'launch.actions': ('DeclareLaunchArgument', 'IncludeLaunchDescription', 'OpaqueFunction'),
        'launch.launch_description_sources': ('PythonLaunchDescriptionSource',),
        'launch.substitutions': ('LaunchConfiguration',),
        'launch_ros': (),
        'launch_ros.actions': ('Node',),
        'launch_ros.parameter_descriptions': ('ParameterFile', 'ParameterValue'),
    }.items():
        stand_in = ModuleType(module)
        for name in names:
            setattr(stand_in, name, Recorded)
        monkeypatch.setitem(sys.modules, module, stand_in)
    share = 'ament_index_python.packages.get_package_share_directory'
    monkeypatch.setattr(share, lambda _: str(ROOT))
    # Imported anew with the stand-ins, and forgotten after the test.
    monkeypatch.setitem(sys.modules, HELPER, None)
    del sys.modules[HELPER]
    return lambda name: runpy.run_path(str(LAUNCH / f'{name}.launch.py'))


def described(names: dict[str, Any]) -> list[Any]:
    return list(names['generate_launch_description']().positional[0])


def test_every_launch_file_is_known_here_or_has_a_test_of_its_own() -> None:
    found = {file.name.removesuffix('.launch.py') for file in LAUNCH.glob('*.launch.py')}
    assert found == {*EXAMPLES, 'localize', 'adapter', 'pose_graph_node', 'loop_closing'}


@pytest.mark.parametrize('name', EXAMPLES)
def test_an_example_sets_arguments_that_the_included_files_have(
    load: Callable[[str], dict[str, Any]], name: str
) -> None:
    given = {}
    for include in described(load(name)):
        file = Path(include.positional[0].positional[0])
        assert file.is_file()
        declared = load(file.name.removesuffix('.launch.py'))['arguments']()
        arguments = dict(include.launch_arguments)
        assert set(arguments) <= {one.positional[0] for one in declared}
        given.update(arguments)
    assert given == EXAMPLES[name]
    assert given.get('mode', 'initialpose') in MODES


@pytest.mark.parametrize('name', ['localize_for_amcl', 'pose_graph'])
def test_included_files_share_arguments_of_one_meaning_only(
    load: Callable[[str], dict[str, Any]], name: str
) -> None:
    """Arguments of one name are one to launch: defaults and choices must agree."""
    seen: dict[str, Any] = {}
    for include in described(load(name)):
        included = Path(include.positional[0].positional[0]).name.removesuffix('.launch.py')
        for one in load(included)['arguments']():
            facts = (getattr(one, 'default_value', None), getattr(one, 'choices', None))
            assert seen.setdefault(one.positional[0], facts) == facts


@pytest.mark.parametrize(
    ('name', 'settings'), [('pose_graph_node', PoseGraphSettings), ('loop_closing', Settings)]
)
def test_arguments_are_few_described_and_parameters_exist(
    load: Callable[[str], dict[str, Any]], name: str, settings: Any
) -> None:
    names = load(name)
    assert len(names['arguments']()) <= 12
    for argument in names['arguments']():
        assert argument.description.endswith('.')
    rows = {row.name: row for row in table(settings)}
    kinds = {str: 'string', bool: 'bool'}
    (*_, node) = described(names)
    setup = (ROOT / 'setup.py').read_text(encoding='utf-8')
    assert f"'{node.executable} = " in setup
    for parameter, value in node.parameters[-1].items():
        if isinstance(value, str):
            assert value in rows[parameter].choices
        elif parameter != 'use_sim_time':
            assert kinds[value.value_type] == rows[parameter].type
