# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Columns of CSV files of poses, in the spellings that are about."""

from __future__ import annotations

from collections.abc import Sequence
import csv
from pathlib import Path
import re

from avpr_ros.errors import SourceError
from avpr_ros.sources.text_files import read_text

QUATERNION = ('qx', 'qy', 'qz', 'qw')
ANGLES = ('roll', 'pitch', 'yaw')
STAMP_UNITS = {'stamp_ns': 'ns', 'stamp_us': 'us', 'stamp_ms': 'ms', 'stamp': None}
#: Marks between the fields, the likeliest first.
_DELIMITERS = (',', ';', '\t', '|', ' ')
#: Of a line or a list of columns in a message.
_SHOWN_CHARACTERS = 200
_IMAGE = ('image', 'image_name', 'image_path', 'filename', 'file_name', 'file', 'name', 'path')
_STAMPS = ('stamp', 'timestamp', 'time', 't')
#: Parts of the names of columns that hold rotations.
_ROTATION_WORDS = ('yaw', 'heading', 'theta', 'orient', 'psi', 'azimuth', 'bearing', 'quat', 'rot')
#: Names of columns of compass headings, clockwise from north.
_HEADINGS = ('heading', 'bearing', 'azimuth', 'compass', 'hdg')
_SPELLINGS = {
    'image': _IMAGE,
    **{
        f'stamp_{unit}': tuple(f'{name}_{unit}' for name in _STAMPS) for unit in ('ns', 'us', 'ms')
    },
    'stamp': (*(f'{name}_s' for name in _STAMPS), *_STAMPS),
    'x': ('x_m', 'x', 'tx', 'px', 'p_x', 'pos_x', 'p_rs_r_x', 'easting', 'utm_east'),
    'y': ('y_m', 'y', 'ty', 'py', 'p_y', 'pos_y', 'p_rs_r_y', 'northing', 'utm_north'),
    'z': ('z_m', 'z', 'tz', 'pz', 'p_z', 'pos_z', 'p_rs_r_z', 'altitude_m', 'altitude', 'height'),
    **{
        f'q{axis}': (
            f'q{axis}',
            f'q_{axis}',
            f'q_rs_{axis}',
            f'rot_{axis}',
            f'quat_{axis}',
            f'o{axis}',
        )
        for axis in 'xyzw'
    },
    **{f'{name}_rad': (f'{name}_rad',) for name in ANGLES},
    **{f'{name}_deg': (f'{name}_deg',) for name in ANGLES},
    'roll': ('roll',),
    'pitch': ('pitch',),
    'yaw': ('yaw', 'theta'),
}
_SPELLINGS['yaw_rad'] = ('yaw_rad', 'theta_rad', 'yaw_radians')
_SPELLINGS['yaw_deg'] = ('yaw_deg', 'theta_deg', 'yaw_degrees')
for _unit, _ends in {
    '_deg': ('_deg', '_degrees'),
    '_rad': ('_rad', '_radians'),
    '': ('',),
}.items():
    _SPELLINGS[f'heading{_unit}'] = tuple(name + end for name in _HEADINGS for end in _ends)


def read_table(path: Path) -> tuple[list[tuple[int, list[str]]], dict[str, int]]:
    """Return number and fields of the rows below the header line, and its columns.

    The first field of the rows is the header itself. The delimiter is the one that makes a header
    line of known columns.

    Raises:
        SourceError: no text, or no line names the columns that are needed.
    """
    text = read_text(path, f'Poses file {path}')
    if not text.strip(f' \r\n\t{"".join(_DELIMITERS)}"'):
        raise SourceError(
            f'Poses file {path} is empty: it needs a header line and one row a pose.'
        )
    refusal: SourceError | None = None
    for mark in _DELIMITERS:
        lines = _fields(text, mark)
        try:
            first, columns = _find_header([line for _, line in lines], path)
        except SourceError as error:
            refusal = refusal or error
            continue
        return lines[first:], columns
    assert refusal is not None
    raise refusal


def _fields(text: str, delimiter: str) -> list[tuple[int, list[str]]]:
    """Return number and fields of the lines that are not empty.

    Each line by itself: a quotation mark that is not closed spoils no other row.
    """
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            fields = next(csv.reader([line], delimiter=delimiter, skipinitialspace=True), [])
        except csv.Error:  # a field of more than 131,072 characters
            fields = [line[:_SHOWN_CHARACTERS]]
        if any(fields):
            found.append((number, fields))
    return found


def _find_header(lines: Sequence[Sequence[str]], path: Path) -> tuple[int, dict[str, int]]:
    """Return the row of the header line and the place of each known column.

    Remarks may stand before it.

    Raises:
        SourceError: no line names the columns that are needed.
    """
    for number, line in enumerate(lines):
        columns = _known_columns(line)
        if _fault(columns) is None:
            return number, columns
        if not line[0].lstrip().startswith('#'):
            break
    number = next((n for n, line in enumerate(lines) if not line[0].startswith('#')), 0)
    hint, plain = '', {_plain(name) for name in lines[number]}
    if {'latitude', 'lat'} & plain:
        hint = '; convert latitude and longitude to metres'
    elif any(re.fullmatch(r'.*_(mm|cm|dm|km|ft|in)', name) for name in plain):
        hint = '; convert the positions to metres'
    listed = ', '.join(name.strip() for name in lines[number])[:_SHOWN_CHARACTERS]
    raise SourceError(
        f'Poses file {path} has {_fault(_known_columns(lines[number]))}; its columns: '
        f'{listed}{hint}.'
    )


def like_rotation(name: str) -> bool:
    """Return whether a column's name is that of an angle or a rotation."""
    return any(word in _plain(name) for word in _ROTATION_WORDS)


def unused_columns(header: Sequence[str], columns: dict[str, int]) -> list[str]:
    """Return the names of the columns that are not read."""
    return [
        name.strip()
        for place, name in enumerate(header)
        if place not in columns.values() and name.strip()
    ]


def _known_columns(header: Sequence[str]) -> dict[str, int]:
    spelt = [_plain(name) for name in header]
    columns = {}
    for name, spellings in _SPELLINGS.items():
        place = next((spelt.index(spelling) for spelling in spellings if spelling in spelt), None)
        if place is not None:
            columns[name] = place
    if any(name.startswith(('yaw', 'qw')) for name in columns):
        columns = {n: place for n, place in columns.items() if not n.startswith('heading')}
    return columns


def _fault(columns: dict[str, int]) -> str | None:
    """Return what the columns lack, as an object of a sentence."""
    if not {'x', 'y'} <= columns.keys():
        return 'no columns x_m and y_m'
    if not {'image', *STAMP_UNITS} & columns.keys():
        return 'no column image, stamp_ns or stamp_s'
    quaternion = [name for name in QUATERNION if name in columns]
    if quaternion and len(quaternion) < 4:
        return f'only {", ".join(quaternion)} of qx, qy, qz, qw (give all)'
    return None


def _plain(name: str) -> str:
    """Return a column's name in small letters, with the unit in brackets unless it is metres."""
    unit = re.search(r'[\[(]\s*(ns|us|ms|s|deg|rad|mm|cm|dm|km|ft|in)\s*[\])]', name)
    bare = re.sub(r'[\[(].*?[\])]', '', name.lower())
    return '_'.join([*re.findall(r'[a-z0-9]+', bare), *(unit.groups() if unit else ())])
