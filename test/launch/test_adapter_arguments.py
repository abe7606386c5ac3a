# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The adapter's launch file against stand-ins for launch and launch_ros."""

from __future__ import annotations

from pathlib import Path
import runpy
import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from avpr_ros.ros.adapters.parameters import MODES, AdapterSettings
from avpr_ros.ros.common.parameter_table import table

LAUNCH_FILE = Path(__file__).parents[2] / 'launch' / 'adapter.launch.py'


class Recorded(SimpleNamespace):
    def __init__(self, *positional: Any, **named: Any) -> None:
        super().__init__(positional=positional, **named)


@pytest.fixture
def launch_file(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    for module, names in {
        'launch': ('LaunchDescription',),
        'launch.actions': ('DeclareLaunchArgument',),
        'launch.substitutions': ('LaunchConfiguration',),
        'launch_ros': (),
        'launch_ros.actions': ('Node',),
        'launch_ros.parameter_descriptions': ('ParameterValue',),
    }.items():
        stand_in = ModuleType(module)
        for name in names:
            setattr(stand_in, name, Recorded)
        monkeypatch.setitem(sys.modules, module, stand_in)
    return runpy.run_path(str(LAUNCH_FILE))


def test_arguments_are_few_described_and_have_the_nodes_choices(
    launch_file: dict[str, Any],
) -> None:
    arguments = {one.positional[0]: one for one in launch_file['arguments']()}
    assert len(arguments) <= 12
    assert all(one.description.endswith('.') for one in arguments.values())
    assert tuple(arguments['mode'].choices) == MODES


def test_parameters_exist_with_their_types(launch_file: dict[str, Any]) -> None:
    (*_, node) = launch_file['generate_launch_description']().positional[0]
    kinds = {row.name: row.type for row in table(AdapterSettings)}
    names = {str: 'string', bool: 'bool'}
    for name, value in node.parameters[0].items():
        if name != 'use_sim_time':
            assert names[value.value_type] == kinds[name]


def test_the_executable_is_installed_by_setup_py(launch_file: dict[str, Any]) -> None:
    (*_, node) = launch_file['generate_launch_description']().positional[0]
    setup = (LAUNCH_FILE.parents[1] / 'setup.py').read_text(encoding='utf-8')
    assert f"'{node.executable} = avpr_ros.ros.adapters.node:main'" in setup
