# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The table of parameters on a node: declaration, checks at start and on change, documentation.

``python -m avpr_ros.ros.parameters`` prints the Markdown table for the README.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
import sys
from typing import Any

from rcl_interfaces.msg import (
    FloatingPointRange,
    IntegerRange,
    ParameterDescriptor,
    SetParametersResult,
)
from rclpy.exceptions import ParameterException
from rclpy.node import Node
from rclpy.parameter import Parameter

from avpr_ros.errors import ConfigError
from avpr_ros.ros.settings import Row, Settings, table


def descriptor(row: Row) -> ParameterDescriptor:
    """Return what rclpy needs to describe the parameter and to check its range."""
    descriptor = ParameterDescriptor(
        name=row.name,
        description=f'{row.description} [{row.unit}]' if row.unit else row.description,
        read_only=row.read_only,
        additional_constraints=f'one of: {row.allowed}' if row.choices else '',
    )
    if row.low is not None and row.high is not None:
        if row.type == 'int':
            descriptor.integer_range = [
                IntegerRange(from_value=int(row.low), to_value=int(row.high), step=1)
            ]
        else:
            descriptor.floating_point_range = [
                FloatingPointRange(from_value=float(row.low), to_value=float(row.high))
            ]
    return descriptor


def declare(node: Node) -> Settings:
    """Declare every parameter on a node and return the values it was started with.

    Raises:
        ConfigError: a value of the wrong type, outside its range or not among the choices.
    """
    values = {row.name: _declare_one(node, row) for row in table()}
    for row in table():
        if problem := _problem(row, values[row.name]):
            raise ConfigError(problem)
    return Settings(**values)


def _declare_one(node: Node, row: Row) -> Any:
    default = list(row.default) if row.type == 'string array' else row.default
    try:
        node.declare_parameter(row.name, default, descriptor(row))
        return _value(node.get_parameter(row.name).value)
    except ParameterException as error:
        allowed = f', {row.allowed}' if row.allowed else ''
        reason = str(error).removesuffix(f': {row.name}')
        raise ConfigError(
            f"Parameter '{row.name}' needs type {row.type}{allowed}, such as {default!r}: "
            f'{reason}.'
        ) from error


def on_change(
    current: Callable[[], Settings], apply: Callable[[Settings], None]
) -> Callable[[Sequence[Parameter]], SetParametersResult]:
    """Return a callback for ``add_on_set_parameters_callback``.

    Ranges and read-only parameters are rclpy's to refuse, before the callback.

    Args:
        current: returns the settings before the change.
        apply: takes the settings after it; a ``ConfigError`` it raises refuses the change.
    """

    def callback(parameters: Sequence[Parameter]) -> SetParametersResult:
        rows = {row.name: row for row in table()}
        changes = {one.name: _value(one.value) for one in parameters if one.name in rows}
        problems = [_problem(rows[name], value) for name, value in changes.items()]
        try:
            if not any(problems) and changes:
                apply(replace(current(), **changes))
        except ConfigError as error:
            problems.append(str(error))
        reasons = [problem for problem in problems if problem]
        return SetParametersResult(successful=not reasons, reason=' '.join(reasons))

    return callback


def _value(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _problem(row: Row, value: Any) -> str | None:
    """Return what is wrong with a value that rclpy does not check itself."""
    if row.choices and value not in row.choices:
        return f"Parameter '{row.name}' is '{value}'; use one of: {row.allowed}."
    if row.name == 'cameras' and (not value or len(set(value)) < len(value) or '' in value):
        return f"Parameter 'cameras' is {list(value)}; give names that differ, at least one."
    return None


def markdown_table() -> str:
    """Return the table of parameters as Markdown."""
    lines = [
        '| parameter | type | default | allowed | unit | when | meaning |',
        '| --- | --- | --- | --- | --- | --- | --- |',
    ]
    for row in table():
        default = str(list(row.default)) if row.type == 'string array' else repr(row.default)
        when = 'at start' if row.read_only else 'any time'
        lines.append(
            f'| `{row.name}` | {row.type} | `{default}` | {row.allowed} | {row.unit} '
            f'| {when} | {row.description} |'
        )
    return '\n'.join(lines)


if __name__ == '__main__':
    sys.stdout.write(f'{markdown_table()}\n')
