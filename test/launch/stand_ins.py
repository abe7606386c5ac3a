# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Stand-ins for launch and launch_ros, which pip cannot install."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
import runpy
import sys
from types import ModuleType, SimpleNamespace
from typing import Any
from unittest import mock

ROOT = Path(__file__).parents[2]
LAUNCH = ROOT / 'launch'
#: What the launch files import from the package.
HELPERS = ('avpr_ros.ros.launching.launch_utils', 'avpr_ros.ros.launching.launch_nodes')


class Recorded(SimpleNamespace):
    """Keeps what it was made of."""

    def __init__(self, *positional: Any, **named: Any) -> None:
        super().__init__(positional=positional, **named)


class Configuration(Recorded):
    def perform(self, context: Context) -> str:
        return context.launch_configurations[self.positional[0]]


class Context:
    """The values of the arguments; ``is_shutdown`` as in launch."""

    def __init__(self, values: dict[str, str], is_shutdown: bool = False) -> None:
        self.launch_configurations = values
        self.is_shutdown = is_shutdown


class LaunchFile:
    """One launch file of the package, with its arguments by name."""

    def __init__(self, name: str) -> None:
        self.names = runpy.run_path(str(LAUNCH / f'{name}.launch.py'))
        listed = self.names['arguments']()
        self.arguments = {one.positional[0]: one for one in listed}
        assert len(self.arguments) == len(listed)

    def start(self, **given: str) -> list[Any]:
        """Return the nodes that are started with arguments."""
        assert given.keys() <= self.arguments.keys()
        values = {
            name: one.default_value
            for name, one in self.arguments.items()
            if hasattr(one, 'default_value')
        }
        return list(self.names['start_nodes'](Context({**values, **given})))


@contextmanager
def stand_ins() -> Iterator[None]:
    """Let launch files be run without launch; the package share is this repository."""
    modules: dict[str, Any] = {}
    for module, names in {
        'launch': ('LaunchContext', 'LaunchDescription'),
        'launch.actions': ('DeclareLaunchArgument', 'LogInfo', 'OpaqueFunction', 'Shutdown'),
        'launch.launch_context': ('LaunchContext',),
        'launch.substitutions': ('LaunchConfiguration',),
        'launch_ros': (),
        'launch_ros.actions': ('Node',),
        'launch_ros.parameter_descriptions': ('ParameterFile', 'ParameterValue'),
    }.items():
        modules[module] = ModuleType(module)
        for name in names:
            stand_in = Configuration if name == 'LaunchConfiguration' else Recorded
            setattr(modules[module], name, stand_in)
    share = 'ament_index_python.packages.get_package_share_directory'
    # The helpers are imported anew with the stand-ins, and forgotten afterwards.
    with mock.patch.dict(sys.modules, modules), mock.patch(share, lambda _: str(ROOT)):
        for helper in HELPERS:
            sys.modules.pop(helper, None)
        yield


def launch_files() -> list[str]:
    """Return the names of all launch files."""
    return sorted(file.name.removesuffix('.launch.py') for file in LAUNCH.glob('*.launch.py'))
