# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Reading typed values out of JSON, with an error text that names the field."""

from __future__ import annotations

from collections.abc import Mapping
import json
import math
from pathlib import Path
from typing import Any

from avpr_ros.storage.reading import read_regular

#: Larger files are refused before they are read.
MAX_BYTES = 64_000_000
_MAX_CONTAINERS = 2_000_000
#: Whole numbers of arrays and stamps have 64 bits.
_MAX_INTEGER = 2**63


def read_object(path: Path) -> dict[str, Any]:
    """Read a file that holds one JSON object.

    Raises:
        OSError: unreadable.
        ValueError: not UTF-8, not JSON (truncated, for one), nested too deep, too large, of too
            many values, or not an object.
    """
    return parse_object(read_regular(path, MAX_BYTES))


def parse_object(text: bytes) -> dict[str, Any]:
    """Read the bytes of one JSON object; raises ``ValueError`` as ``read_object`` does."""
    if len(text) > MAX_BYTES:
        raise ValueError(f'it has more than {MAX_BYTES // 1_000_000} MB')
    # Empty ones have two bytes in the file and thirty times as many in memory.
    if text.count(b'[') + text.count(b'{') > _MAX_CONTAINERS:
        raise ValueError(f'it has more than {_MAX_CONTAINERS // 1_000_000} million lists')
    try:
        data = json.loads(text.decode('utf-8'))
    except RecursionError as error:
        raise ValueError('its values are nested too deep') from error
    if not isinstance(data, dict):
        raise ValueError(f'it holds a {type(data).__name__}, not an object')
    return data


class Fields:
    """A JSON object whose fields are asked for by type; every getter raises ``ValueError``."""

    def __init__(self, data: Mapping[str, Any], where: str = '') -> None:
        self._data = data
        self._where = where

    def text(self, key: str) -> str:
        """Return a string."""
        return str(self._get(key, str))

    def integer(self, key: str) -> int:
        """Return a whole number."""
        value = int(self._get(key, int))
        if not -_MAX_INTEGER <= value < _MAX_INTEGER:
            raise ValueError(f'{self._where}{key} has more than 64 bits')
        return value

    def number(self, key: str) -> float:
        """Return a finite number."""
        try:
            value = float(self._get(key, (int, float)))
        except OverflowError as error:
            raise ValueError(f'{self._where}{key} is too large') from error
        if not math.isfinite(value):
            raise ValueError(f'{self._where}{key} is {value}, not finite')
        return value

    def numbers(self, key: str) -> tuple[float, ...]:
        """Return a list of finite numbers."""
        values = self._get(key, list)
        pairs = Fields({str(i): value for i, value in enumerate(values)}, f'{self._where}{key}.')
        return tuple(pairs.number(str(i)) for i in range(len(values)))

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of strings."""
        values = self._get(key, list)
        items = Fields({str(i): value for i, value in enumerate(values)}, f'{self._where}{key}.')
        return tuple(items.text(str(i)) for i in range(len(values)))

    def mapping(self, key: str) -> dict[str, Any]:
        """Return an object as it is."""
        return dict(self._get(key, dict))

    def child(self, key: str) -> Fields:
        """Return an object's fields."""
        return Fields(self._get(key, dict), f'{self._where}{key}.')

    def has(self, key: str) -> bool:
        """Return whether the key is there and not null."""
        return self._data.get(key) is not None

    def children(self, key: str) -> list[Fields]:
        """Return the fields of each object of a list."""
        items = self._get(key, list)
        whole = Fields({str(i): value for i, value in enumerate(items)}, f'{self._where}{key}.')
        return [whole.child(str(i)) for i in range(len(items))]

    def _get(self, key: str, kind: type | tuple[type, ...]) -> Any:
        if key not in self._data:
            raise ValueError(f'{self._where}{key} is missing')
        value = self._data[key]
        if not isinstance(value, kind) or isinstance(value, bool):
            raise ValueError(f'{self._where}{key} is {value!r:.80}, of the wrong type')
        return value
