# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A table of parameters on a node: declaration, checks at start and on change, documentation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from difflib import get_close_matches
import sys
from typing import TYPE_CHECKING, Any, TypeVar

from rcl_interfaces.msg import (
    FloatingPointRange,
    IntegerRange,
    ParameterDescriptor,
    SetParametersResult,
)
from rclpy.exceptions import ParameterException
from rclpy.node import Node
from rclpy.parameter import Parameter

from avpr_ros.errors import AvprError, ConfigError
from avpr_ros.ros.common.compat import parameter_overrides
from avpr_ros.ros.common.parameter_files import unused_files
from avpr_ros.ros.common.parameter_table import Row, table

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

SomeSettings = TypeVar('SomeSettings', bound='DataclassInstance')


def _descriptor(row: Row) -> ParameterDescriptor:
    """Return what rclpy needs to describe the parameter and to check its range."""
    descriptor = ParameterDescriptor(
        name=row.name,
        description=f'{row.description} [{row.unit}]' if row.unit else row.description,
        read_only=row.read_only,
        additional_constraints=f'one of: {row.allowed}' if row.choices else '',
        # `10` in YAML and on the command line is an integer to ROS: _problem checks the type.
        dynamic_typing=row.type == 'double',
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


def declare(node: Node, settings: type[SomeSettings]) -> SomeSettings:
    """Declare every parameter on a node and return the values it was started with.

    Args:
        node: the ROS node.
        settings: the dataclass that is the table.

    Raises:
        ConfigError: a value of the wrong type, outside its range or not among the choices.
    """
    rows = table(settings)
    values = {row.name: _declare_one(node, row) for row in rows}
    for row in rows:
        if problem := _problem(row, values[row.name]):
            raise ConfigError(problem)
    for text in unknown_parameters(node, settings):
        node.get_logger().warning(text)
    return settings(**{row.name: _typed(row, values[row.name]) for row in rows})


def unknown_parameters(node: Node, settings: type[DataclassInstance]) -> list[str]:
    """Return a sentence on each parameter or file that was given and that ROS ignores.

    No error: a file may hold the parameters of several nodes under ``/**``.

    Args:
        node: the ROS node, with its parameters declared.
        settings: the dataclass that is the table.
    """
    known = [row.name for row in table(settings)]
    texts = unused_files(node.get_fully_qualified_name(), sys.argv)
    for name in sorted(parameter_overrides(node)):
        if not node.has_parameter(name) and not name.startswith('qos_overrides.'):
            near = get_close_matches(name, known, 1)
            hint = f"; did you mean '{near[0]}'?" if near else '.'
            texts.append(f"There is no parameter '{name}', it is ignored{hint}")
    return texts


def _declare_one(node: Node, row: Row) -> Any:
    default = list(row.default) if row.type == 'string array' else row.default
    try:
        node.declare_parameter(row.name, default, _descriptor(row))
        return _value(node.get_parameter(row.name).value)
    except ParameterException as error:
        reason = str(error).removesuffix(f': {row.name}')
        raise ConfigError(_wrong_type(row, reason)) from error


def _wrong_type(row: Row, reason: str) -> str:
    default = list(row.default) if row.type == 'string array' else row.default
    allowed = f', {row.allowed}' if row.allowed else ''
    return f"Parameter '{row.name}' needs type {row.type}{allowed}, such as {default!r}: {reason}."


def on_change(
    current: Callable[[], SomeSettings],
    apply: Callable[[SomeSettings], None],
    note: Callable[[str], object] = lambda _: None,
) -> Callable[[Sequence[Parameter]], SetParametersResult]:
    """Return a callback for ``add_on_set_parameters_callback``.

    Ranges and read-only parameters are rclpy's to refuse, before the callback.

    Args:
        current: returns the settings before the change.
        apply: takes the settings after it; an ``AvprError`` it raises refuses the change.
        note: takes one line on an applied change, for the log.
    """

    def callback(parameters: Sequence[Parameter]) -> SetParametersResult:
        settings = current()
        rows = {row.name: row for row in table(type(settings))}
        changes = {one.name: _value(one.value) for one in parameters if one.name in rows}
        problems = [_problem(rows[name], value) for name, value in changes.items()]
        try:
            if not any(problems) and changes:
                values = {name: _typed(rows[name], value) for name, value in changes.items()}
                apply(replace(settings, **values))
                note(_changed(settings, values))
        except AvprError as error:
            problems.append(str(error))
        reasons = [problem for problem in problems if problem]
        return SetParametersResult(successful=not reasons, reason=' '.join(reasons))

    return callback


def _value(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _typed(row: Row, value: Any) -> Any:
    """Return a value that passed the checks in the type of its line: 10 becomes 10.0."""
    return float(value) if row.type == 'double' else value


def _changed(settings: DataclassInstance, values: dict[str, Any]) -> str:
    """Return one line on changed parameters, each with its old and its new value."""
    changes = [f'{name} {getattr(settings, name)} -> {value}' for name, value in values.items()]
    return f'Parameters changed: {", ".join(changes)}.'


def _problem(row: Row, value: Any) -> str | None:
    """Return what is wrong with a value that rclpy does not check itself."""
    if row.type == 'double':
        if isinstance(value, bool) or not isinstance(value, int | float):
            return _wrong_type(row, f'it is {value!r}')
        if row.low is not None and row.high is not None and not row.low <= value <= row.high:
            return _wrong_type(row, f'it is {value}')
    if row.choices and value not in row.choices:
        return f"Parameter '{row.name}' is '{value}'; use one of: {row.allowed}."
    if row.type == 'string array' and (not value or len(set(value)) < len(value) or '' in value):
        return f"Parameter '{row.name}' is {list(value)}; give names that differ, at least one."
    return None


def markdown_table(settings: type[DataclassInstance]) -> str:
    """Return a table of parameters as Markdown; ``when`` is left out where all are read-only.

    Args:
        settings: the dataclass that is the table.
    """
    rows = table(settings)
    with_when = not all(row.read_only for row in rows)
    when = ('when',) if with_when else ()
    lines = [('parameter', 'type', 'default', 'allowed', 'unit', *when, 'meaning')]
    lines.append(('---',) * len(lines[0]))
    for row in rows:
        default = str(list(row.default)) if row.type == 'string array' else repr(row.default)
        when = ('at start' if row.read_only else 'any time',) if with_when else ()
        cells = (f'`{row.name}`', row.type, f'`{default}`', row.allowed, row.unit)
        lines.append((*cells, *when, row.description))
    return '\n'.join(f'| {" | ".join(line)} |' for line in lines)
