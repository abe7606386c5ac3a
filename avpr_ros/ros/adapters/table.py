# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Parameters of a node from one dataclass, fixed at start: declaration, checks, Markdown."""

from __future__ import annotations

from dataclasses import MISSING, field, fields
from typing import Any, TypeVar

from rclpy.exceptions import ParameterException
from rclpy.node import Node

from avpr_ros.errors import ConfigError
from avpr_ros.ros.parameters import descriptor
from avpr_ros.ros.settings import Row

Settings = TypeVar('Settings')

_TYPES = {str: 'string', bool: 'bool', int: 'int', float: 'double'}


def parameter(
    default: Any,
    description: str,
    *,
    unit: str = '',
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] = (),
) -> Any:
    """Return a dataclass field that is one line of a table of parameters."""
    metadata = {
        'description': description,
        'unit': unit,
        'low': low,
        'high': high,
        'choices': choices,
        'read_only': True,
    }
    return field(default=default, metadata=metadata)


def rows(settings: type[Any]) -> tuple[Row, ...]:
    """Return the lines of a dataclass whose fields are all made by :func:`parameter`."""
    lines = []
    for each in fields(settings):
        assert each.default is not MISSING
        kind = _TYPES[type(each.default)]
        lines.append(Row(each.name, kind, each.default, **dict(each.metadata)))
    return tuple(lines)


def declare(node: Node, settings: type[Settings]) -> Settings:
    """Declare every parameter on a node and return the values it was started with.

    Raises:
        ConfigError: a value of the wrong type, outside its range or not among the choices.
    """
    values = {}
    for row in rows(settings):
        try:
            value = node.declare_parameter(row.name, row.default, descriptor(row)).value
        except ParameterException as error:
            allowed = f' ({row.allowed})' if row.allowed else ''
            raise ConfigError(
                f"Parameter '{row.name}' needs a value of type {row.type}{allowed}: {error}."
            ) from error
        if (row.choices and value not in row.choices) or value != value:
            raise ConfigError(f"Parameter '{row.name}' is '{value}'; use {row.allowed}.")
        values[row.name] = value
    return settings(**values)


def markdown(settings: type[Any]) -> str:
    """Return the table as Markdown."""
    lines = [
        '| parameter | type | default | allowed | unit | meaning |',
        '| --- | --- | --- | --- | --- | --- |',
    ]
    lines += [
        f'| `{row.name}` | {row.type} | `{row.default!r}` | {row.allowed} | {row.unit} '
        f'| {row.description} |'
        for row in rows(settings)
    ]
    return '\n'.join(lines) + '\n'
