# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""How many values a message has at least, by the definition of its type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from rosbags.interfaces import Nodetype

#: Values of one message, sequences of any length counted once.
_MAX_VALUES = 50_000
#: An element of a sequence without bytes could be repeated without end.
_VALUES_A_BYTE = 10
_STRINGS = ('string', 'wstring')


class Extent(NamedTuple):
    """Least number of bytes and of values."""

    bytes: int
    values: int


def check_extent(msgtype: str, types: Mapping[str, Any]) -> None:
    """Check that the values of a message take bytes, and are not too many.

    A definition of some hundred bytes can name 2 ** 32 values: as an array, or as a type of two
    fields of a type of two fields, and so on.

    Args:
        msgtype: the message type.
        types: constants and fields by message type, as rosbags parses them.

    Raises:
        ValueError: there are too many, or a type contains itself.
    """
    _of_type(msgtype, types, {}, ())


def _of_type(
    name: str, types: Mapping[str, Any], known: dict[str, Extent], above: tuple[str, ...]
) -> Extent:
    if name in known:
        return known[name]
    if name in above:
        raise ValueError(f'{name} contains itself')
    if name not in types:  # which cannot be deserialised
        return Extent(1, 1)
    _, fields = types[name]
    parts = [_of_field(field, types, known, (*above, name)) for _, field in fields]
    found = Extent(sum(part.bytes for part in parts), 1 + sum(part.values for part in parts))
    if found.values > _MAX_VALUES:
        raise ValueError(f'{name} has more than {_MAX_VALUES} values')
    known[name] = found
    return found


def _of_field(
    field: Any, types: Mapping[str, Any], known: dict[str, Extent], above: tuple[str, ...]
) -> Extent:
    kind, detail = field
    if kind == Nodetype.BASE:
        return Extent(4 if detail[0] in _STRINGS else 1, 1)
    if kind == Nodetype.NAME:
        return _of_type(str(detail), types, known, above)
    inner, count = detail
    one = _of_field(inner, types, known, above)
    if kind == Nodetype.SEQUENCE:
        if one.values > _VALUES_A_BYTE * one.bytes:
            raise ValueError('a sequence has elements without bytes')
        return Extent(4, 1)
    # Numbers are read at once.
    plain = inner[0] == Nodetype.BASE and inner[1][0] not in _STRINGS
    return Extent(count * one.bytes, 1 if plain else count * one.values)
