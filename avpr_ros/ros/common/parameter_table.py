# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A dataclass as the table of a node's parameters: each field is one line of it."""

from __future__ import annotations

from dataclasses import MISSING, dataclass, field, fields
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        name: the parameter's name.
        type: ``string``, ``bool``, ``int``, ``double`` or ``string array`` (names that differ, at
            least one).
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


def row(
    default: Any,
    description: str,
    *,
    unit: str = '',
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] = (),
    read_only: bool = False,
) -> Any:
    """Return a dataclass field that is one line of a table; see :class:`Row` for the arguments."""
    metadata = {
        'description': description,
        'unit': unit,
        'low': low,
        'high': high,
        'choices': choices,
        'read_only': read_only,
    }
    return field(default=default, metadata=metadata)


#: A :func:`row` that is fixed when the node starts.
start_row = partial(row, read_only=True)

_TYPES = {str: 'string', bool: 'bool', int: 'int', float: 'double', tuple: 'string array'}


def table(settings: type[DataclassInstance]) -> tuple[Row, ...]:
    """Return the lines of a dataclass whose fields are all :func:`row`, in their order."""
    rows = []
    for each in fields(settings):
        assert each.default is not MISSING
        kind = _TYPES[type(each.default)]
        rows.append(Row(each.name, kind, each.default, **dict(each.metadata)))
    return tuple(rows)


def how_to_set(name: str) -> str:
    """Return how a parameter is given, with each way of starting a node."""
    return f'{name}:=PATH for ros2 launch, -p {name}:=PATH for ros2 run, or {name} in params_file'
