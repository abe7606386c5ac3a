# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Units of time stamps in files and file names, told apart by their magnitude."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
import re

import numpy as np

from avpr_ros.stamps import NS_PER_S

#: The years 1990 to 2106 in seconds; in these ranges the units cannot be confused.
_EARLIEST_S, _LATEST_S = 631_152_000, 2**32
#: Latest stamp in nanoseconds; below it, differences of stamps stay within 64 bits.
LATEST_NS = _LATEST_S * NS_PER_S
_ISO_8601 = re.compile(
    r'(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:[.,](\d{1,9}))?\s*(Z|z|[+-]\d\d(?::?\d\d)?)?'
)
_UNITS_NS = {'s': NS_PER_S, 'ms': 1_000_000, 'us': 1_000, 'ns': 1}
#: No file has poses or images closer than this: their unit is not the nanosecond.
_SHORTEST_STEP_NS = 2_000_000


def parse_number(text: str) -> Decimal:
    """Return a finite decimal number of zero or more, to the last digit.

    Raises:
        ValueError: it is none.
    """
    try:
        number = Decimal(text.strip())
    except InvalidOperation as error:
        raise ValueError(f'{text!r} is no time stamp') from error
    if not number.is_finite() or not 0 <= number < LATEST_NS:
        raise ValueError(f'{text!r} is no time stamp')
    return number


def parse_time(text: str, unit: str | None) -> Decimal:
    """Return a time in a file: a number, or a date and time as ISO 8601 has it.

    Args:
        text: of the field. A date without a time zone is in UTC.
        unit: of the column, in which a date is returned; None: seconds.

    Raises:
        ValueError: it is neither.
    """
    date = _ISO_8601.fullmatch(text.strip())
    if date is None:
        return parse_number(text)
    day, clock, fraction, zone = date.groups()
    zone = '+00:00' if zone in (None, 'Z', 'z') else zone
    if ':' not in zone:
        zone = f'{zone[:3]}:{zone[3:] or "00"}'
    whole_s = int(datetime.fromisoformat(f'{day}T{clock}{zone}').timestamp())
    seconds = whole_s + Decimal(f'0.{fraction or 0}')
    if not 0 <= seconds < _LATEST_S:
        raise ValueError(f'{text!r} is no time stamp')
    return seconds * NS_PER_S / _UNITS_NS[unit or 's']


def is_date(number: Decimal) -> bool:
    """Return whether a number is a date between 1990 and 2106 in one of the units."""
    return any(
        _EARLIEST_S <= number * unit_ns / NS_PER_S < _LATEST_S for unit_ns in _UNITS_NS.values()
    )


def unit_by_magnitude(number: Decimal) -> str:
    """Return ``s``, ``ms``, ``us`` or ``ns``: the unit in which a number is a date after 1990.

    Numbers that are no such date are seconds, or nanoseconds where seconds would lie beyond the
    year 2106.
    """
    for unit, unit_ns in _UNITS_NS.items():
        if _EARLIEST_S <= number * unit_ns / NS_PER_S < _LATEST_S:
            return unit
    return 's' if number < _LATEST_S else 'ns'


def parse_stamp_ns(text: str) -> int:
    """Return nanoseconds of a time whose unit is told by its magnitude, to the last digit.

    Raises:
        ValueError: not a number, negative, or beyond the year 2106.
    """
    number = parse_number(text)
    return int(number * _UNITS_NS[unit_by_magnitude(number)])


def stamps_in_unit(numbers: Sequence[Decimal], stated: str | None) -> tuple[list[int], str]:
    """Return the stamps of a column in nanoseconds, and its unit.

    Args:
        numbers: the column.
        stated: unit according to the column's name; None: by magnitude.

    Returns:
        Stamps, and the unit that was used. A column called nanoseconds whose rows would follow
        each other within less than 2 ms has the unit of its magnitude, and so has a single time
        that would lie beyond the year 2106.
    """
    if not numbers:
        return [], stated or 's'
    median = sorted(numbers)[len(numbers) // 2]
    unit = stated or unit_by_magnitude(median)
    if stated == 'ns' and unit_by_magnitude(median) != 'ns':
        steps = np.abs(np.diff(np.array([float(number) for number in numbers])))
        if len(steps) and float(np.median(steps)) < _SHORTEST_STEP_NS:
            unit = unit_by_magnitude(median)
    if median * _UNITS_NS[unit] >= LATEST_NS:
        unit = unit_by_magnitude(median)
    return [_stamp_ns(number, unit) for number in numbers], unit


def _stamp_ns(number: Decimal, unit: str) -> int:
    stamp = int(number * _UNITS_NS[unit])
    return stamp if stamp < LATEST_NS else int(number * _UNITS_NS[unit_by_magnitude(number)])
