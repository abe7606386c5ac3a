# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The one table of the node's parameters: declaration, checks and documentation come from it.

``python -m avpr_ros.ros.parameters`` prints the Markdown table for the README.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import MISSING, dataclass, field, fields, replace
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
from avpr_ros.matching.settings import MatchSettings


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        name: the parameter's name.
        type: ``string``, ``int``, ``double`` or ``string array``.
        default: the value where none is given.
        description: one sentence.
        unit: of the value; empty where it has none.
        low: smallest value allowed; None where there is no range.
        high: largest value allowed.
        choices: the values allowed; empty where any is.
        read_only: fixed when the node starts.
    """

    name: str
    type: str
    default: Any
    description: str
    unit: str
    low: float | None
    high: float | None
    choices: tuple[str, ...]
    read_only: bool

    @property
    def allowed(self) -> str:
        """The values allowed, as text; empty where any is."""
        if self.choices:
            return ', '.join(self.choices)
        return '' if self.low is None else f'{self.low:g} to {self.high:g}'

    def descriptor(self) -> ParameterDescriptor:
        """Return what rclpy needs to describe the parameter and to check its range."""
        descriptor = ParameterDescriptor(
            name=self.name,
            description=f'{self.description} [{self.unit}]' if self.unit else self.description,
            read_only=self.read_only,
            additional_constraints=f'one of: {self.allowed}' if self.choices else '',
        )
        if self.low is not None and self.high is not None:
            if self.type == 'int':
                descriptor.integer_range = [
                    IntegerRange(from_value=int(self.low), to_value=int(self.high), step=1)
                ]
            else:
                descriptor.floating_point_range = [
                    FloatingPointRange(from_value=float(self.low), to_value=float(self.high))
                ]
        return descriptor


def _row(
    default: Any,
    description: str,
    *,
    unit: str = '',
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] = (),
    read_only: bool = False,
) -> Any:
    metadata = {
        'description': description,
        'unit': unit,
        'low': low,
        'high': high,
        'choices': choices,
        'read_only': read_only,
    }
    return field(default=default, metadata=metadata)


@dataclass(frozen=True)
class Settings:
    """The parameters and their values; each field is one line of the table."""

    map: str = _row('', 'Folder of the gallery map, as `avpr build` wrote it.', read_only=True)
    query: str = _row(
        '', 'ONNX file of the query network, its manifest beside it.', read_only=True
    )
    cameras: tuple[str, ...] = _row(
        ('camera',),
        'Names of the cameras, as in the map where their mountings matter: one listens on '
        '`image`, several on `NAME/image` each.',
        read_only=True,
    )
    image_transport: str = _row(
        'raw',
        'Kind of image message; compressed images come on the topic with `/compressed` added.',
        choices=('raw', 'compressed'),
        read_only=True,
    )
    image_reliability: str = _row(
        'auto',
        'Reliability asked of the image publishers; `auto` asks for what all of them offer.',
        choices=('auto', 'reliable', 'best_effort'),
        read_only=True,
    )
    map_frame: str = _row(
        '', "Frame of the published poses; empty: the one in the map's manifest.", read_only=True
    )
    threads: int = _row(1, 'Threads the query network may use.', low=1, high=64, read_only=True)
    max_rate_hz: float = _row(
        5.0, 'Images matched at most; 0: every image.', unit='Hz', low=0.0, high=1000.0
    )
    max_image_age_s: float = _row(
        1.0,
        'Older images are dropped; 0: none. Stamps more than a minute off the clock of the node '
        'count as stamps of another clock and are not dropped.',
        unit='s',
        low=0.0,
        high=60.0,
    )
    top_k: int = _row(MatchSettings.top_k, 'Candidates reported for an image.', low=1, high=100)
    min_similarity: float = _row(
        -1.0,
        'Smallest cosine similarity of an accepted match; -1: from the calibration of the '
        'query network or the map.',
        low=-1.0,
        high=1.0,
    )
    min_ratio: float = _row(
        MatchSettings.min_ratio,
        'Smallest ratio of the best similarity to that of the best other place.',
        low=1.0,
        high=100.0,
    )
    distinct_radius_m: float = _row(
        0.0,
        'Distance at which another place begins; 0: five keyframe spacings of the map.',
        unit='m',
        low=0.0,
        high=10000.0,
    )
    position_covariance_scale: float = _row(
        MatchSettings.position_covariance_scale,
        'Factor on the standard deviations of x, y and z.',
        low=0.01,
        high=100.0,
    )
    yaw_covariance_scale: float = _row(
        MatchSettings.yaw_covariance_scale,
        'Factor on the standard deviation of yaw.',
        low=0.01,
        high=100.0,
    )
    trigger_timeout_s: float = _row(
        5.0, 'How long `~/trigger` waits for an image.', unit='s', low=0.1, high=60.0
    )


_TYPES = {str: 'string', int: 'int', float: 'double', tuple: 'string array'}


def table() -> tuple[Row, ...]:
    """Return the rows in the order of declaration."""
    rows = []
    for each in fields(Settings):
        assert each.default is not MISSING
        rows.append(
            Row(each.name, _TYPES[type(each.default)], each.default, **dict(each.metadata))
        )
    return tuple(rows)


def declare(node: Node) -> Settings:
    """Declare every parameter on a node and return the values it was started with.

    Raises:
        ConfigError: a value of the wrong type, outside its range or not among the choices.
    """
    for row in table():
        default = list(row.default) if row.type == 'string array' else row.default
        try:
            node.declare_parameter(row.name, default, row.descriptor())
        except ParameterException as error:
            allowed = f' ({row.allowed})' if row.allowed else ''
            raise ConfigError(
                f"Parameter '{row.name}' needs a value of type {row.type}{allowed}: {error}."
            ) from error
    values = {row.name: _value(node.get_parameter(row.name).value) for row in table()}
    for row in table():
        if problem := _problem(row, values[row.name]):
            raise ConfigError(problem)
    return Settings(**values)


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
    """Return what rclpy does not check itself: choices, and NaN, which passes every range."""
    if row.choices and value not in row.choices:
        return f"Parameter '{row.name}' is '{value}'; use one of: {row.allowed}."
    if isinstance(value, float) and value != value:
        return f"Parameter '{row.name}' is not a number; use {row.allowed}."
    if row.name == 'cameras' and (not value or len(set(value)) < len(value) or '' in value):
        return f"Parameter 'cameras' is {list(value)}; give names that differ, at least one."
    return None


def markdown() -> str:
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
    return '\n'.join(lines) + '\n'


if __name__ == '__main__':
    sys.stdout.write(markdown())
