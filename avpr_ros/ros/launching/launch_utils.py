# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What the launch files of this package share; needs ``launch``, of a ROS distribution."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from launch.actions import DeclareLaunchArgument, Shutdown
from launch.launch_context import LaunchContext
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterFile, ParameterValue

TRUTH = ('true', 'false')


def argument(
    name: str, description: str, default: str = '', choices: Sequence[str] = ()
) -> DeclareLaunchArgument:
    """Return an argument; empty stands for not given, which leaves all as it is.

    Args:
        name: of the argument.
        description: a sentence.
        default: the value where none is given.
        choices: the values allowed besides the default; empty: any.
    """
    allowed = {'choices': [*dict.fromkeys([default, *choices])]} if choices else {}
    return DeclareLaunchArgument(name, default_value=default, description=description, **allowed)


def common_arguments() -> list[DeclareLaunchArgument]:
    """Return the arguments that every launch file has."""
    return [
        argument('namespace', 'Namespace of the nodes.'),
        argument('odom', 'Topic of the odometry, if any.', 'odom'),
        argument(
            'use_sim_time', 'Take the time from /clock; empty: as in the files.', choices=TRUTH
        ),
        argument(
            'log_level',
            'Least severe messages that are logged; empty: as ROS has it.',
            choices=['debug', 'info', 'warn', 'error', 'fatal'],
        ),
        argument(
            'respawn',
            'Start a node again two seconds after it ended by itself; else the launch ends too.',
            'false',
            TRUTH,
        ),
    ]


def value(context: LaunchContext, name: str) -> str:
    """Return the value of an argument."""
    return str(LaunchConfiguration(name).perform(context))


def given(context: LaunchContext, kinds: Mapping[str, type]) -> dict[str, Any]:
    """Return the parameters whose arguments of the same name were given.

    Args:
        context: of the launch.
        kinds: type of each parameter: str or bool.
    """
    values = {name: value(context, name) for name in kinds}
    return {
        name: text == 'true' if kinds[name] is bool else ParameterValue(text, value_type=str)
        for name, text in values.items()
        if text
    }


def node(
    context: LaunchContext,
    executable: str,
    *,
    params_file: str,
    parameters: Mapping[str, Any],
    remappings: Sequence[tuple[str, str]],
) -> Node:
    """Return a node of this package, of the name of its executable.

    Args:
        context: of the launch, with the common arguments.
        executable: in ``lib/avpr_ros``.
        params_file: YAML file with parameters; empty: none.
        parameters: they take precedence over those of the file.
        remappings: pairs of names.
    """
    level, respawn = value(context, 'log_level'), value(context, 'respawn') == 'true'
    files = [ParameterFile(params_file, allow_substs=True)] if params_file else []
    simulated = given(context, {'use_sim_time': bool})
    return Node(
        package='avpr_ros',
        executable=executable,
        name=executable,
        namespace=value(context, 'namespace'),
        output='screen',
        parameters=[*files, {**simulated, **parameters}] if simulated or parameters else files,
        remappings=list(remappings),
        arguments=['--ros-args', '--log-level', level] if level else [],
        respawn=respawn,
        respawn_delay=2.0,
        on_exit=None if respawn else end_launch(executable),
    )


def end_launch(name: str) -> Callable[[Any, LaunchContext], Shutdown | None]:
    """Return a handler that ends the launch with a node: in vain is all without it."""

    def on_exit(event: Any, context: LaunchContext) -> Shutdown | None:
        if context.is_shutdown:
            return None
        if event.returncode:
            # The one way to an exit code of launch that is not 0; it is 1 for any error.
            raise RuntimeError(f'{name} ended with exit code {event.returncode}')
        return Shutdown(reason=f'{name} has ended')

    return on_exit
