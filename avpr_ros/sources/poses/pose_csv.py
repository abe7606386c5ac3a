# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Poses from a CSV file with a header line.

A row is matched to an image by its name (``image``) or by time (``stamp_ns``, ``stamp_s``).
Position is ``x_m, y_m`` and perhaps ``z_m``; rotation is ``qx, qy, qz, qw`` or ``yaw_rad`` or
``yaw_deg`` with ``roll`` and ``pitch`` of the same kind, ``heading_deg`` clockwise from north, or
missing. Common other spellings are understood, EuRoC's and ASL's among them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
import math
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from avpr_ros.arrays import FloatArray, IntArray
from avpr_ros.errors import SourceError
from avpr_ros.sources.checks.compass_heading import yaw_of_headings
from avpr_ros.sources.checks.pose_checks import skipped_rows_check
from avpr_ros.sources.checks.yaw_unit import FULL_TURN_RAD, measured_yaw_unit, yaw_unit_checks
from avpr_ros.sources.poses.csv_columns import (
    ANGLES,
    QUATERNION,
    STAMP_UNITS,
    like_rotation,
    read_table,
    unused_columns,
)
from avpr_ros.sources.poses.stamp_units import parse_time, stamps_in_unit
from avpr_ros.sources.preflight import CheckLevel, PreflightCheck
from avpr_ros.storage.reading import reason


@dataclass(frozen=True, eq=False)
class PoseTable:
    """The rows of a CSV file.

    Attributes:
        images: name of each row's image as written, or None.
        stamps_ns: (N,) int64, or None.
        rows: (N, 7) float64 ``x y z qx qy qz qw``.
        has_rotation: whether the file has rotations; without, they are identity.
        checks: findings about rows and columns.
    """

    images: tuple[str, ...] | None
    stamps_ns: IntArray | None
    rows: FloatArray
    has_rotation: bool
    checks: tuple[PreflightCheck, ...] = ()


@dataclass
class _Rows:
    """Fields of the rows that can be read, and the reason of the first that cannot."""

    images: list[str] = field(default_factory=list)
    times: list[Decimal] = field(default_factory=list)
    numbers: list[dict[str, float]] = field(default_factory=list)
    skipped: int = 0
    first_fault: str = ''


def read_pose_csv(path: Path) -> PoseTable:
    """Read a CSV file of poses; rows without time or position are skipped and counted.

    Raises:
        SourceError: it cannot be read, lacks a column, or no row is a pose.
    """
    lines, columns = read_table(path)
    stamp = next((name for name in STAMP_UNITS if name in columns), None)
    found = _Rows()
    width = len(lines[0][1])
    for number, line in lines[1:]:
        if not line[0].lstrip().startswith('#'):
            _take_row(found, number, line, columns, stamp, width)
    if not found.numbers:
        fault = found.first_fault or 'it has a header line only'
        raise SourceError(f'Poses file {path} has no row that is a pose ({fault}).')
    checks = [*skipped_rows_check(path.name, found.skipped, len(found.numbers), found.first_fault)]
    stamps = None
    if stamp is not None:
        stated = STAMP_UNITS[stamp]
        stamps, unit = stamps_in_unit(found.times, stated)
        if stated is not None and unit != stated:
            text = f'The times of {path.name} are in {unit}, though its header says {stated}.'
            checks.append(PreflightCheck('time', 'warning', text))
    rows, rotation_checks = _pose_rows(found.numbers, columns, path.name)
    checks.extend(rotation_checks)
    has_rotation = 'qw' in columns or any(n.startswith(('yaw', 'heading')) for n in columns)
    if unused := unused_columns(lines[0][1], columns):
        text = f'Columns of {path.name} that are not used: {", ".join(unused)}'
        lost = [name for name in unused if like_rotation(name)]
        if lost and not has_rotation:
            text += f'; if {lost[0]} is the rotation, call it yaw_deg, yaw_rad or heading_deg'
        level: CheckLevel = 'warning' if lost and not has_rotation else 'ok'
        checks.append(PreflightCheck('columns', level, f'{text}.'))
    return PoseTable(
        tuple(found.images) if 'image' in columns else None,
        None if stamps is None else np.array(stamps, dtype=np.int64),
        rows,
        has_rotation,
        tuple(checks),
    )


def _take_row(
    found: _Rows,
    number: int,
    line: Sequence[str],
    columns: dict[str, int],
    stamp: str | None,
    width: int,
) -> None:
    """Append the fields of a row, or count it as skipped."""
    try:
        if len(line) <= max(columns.values()):
            raise ValueError(f'{len(line)} fields instead of {max(columns.values()) + 1} or more')
        if len(line) > width and any(text.strip() for text in line[width:]):
            raise ValueError(f'{len(line)} fields below {width} names; is a decimal mark a comma?')
        fields = {name: line[place].strip() for name, place in columns.items()}
        numbers = {
            name: _number(text or '0' if name == 'z' else text)
            for name, text in fields.items()
            if name != 'image' and name not in STAMP_UNITS
        }
        if not all(map(math.isfinite, numbers.values())):
            raise ValueError('a number is not finite')
        time = None if stamp is None else parse_time(fields[stamp], STAMP_UNITS[stamp])
    except ValueError as error:
        found.skipped += 1
        found.first_fault = found.first_fault or f'row {number}: {reason(error)}'
        return
    found.numbers.append(numbers)
    if time is not None:
        found.times.append(time)
    if 'image' in fields:
        found.images.append(fields['image'])


def _number(text: str) -> float:
    """Return a number, whose decimal mark may be a comma."""
    return float(text.replace(',', '.') if '.' not in text else text)


def _pose_rows(
    numbers: Sequence[dict[str, float]], columns: dict[str, int], name: str
) -> tuple[FloatArray, list[PreflightCheck]]:
    """Return (N, 7) ``x y z qx qy qz qw``, and findings about the unit of angles."""

    def column(name: str) -> FloatArray:
        return np.array([row.get(name, 0.0) for row in numbers])

    positions = np.stack([column(name) for name in 'xyz'], axis=1)
    if 'qw' in columns:
        quaternions = np.stack([column(name) for name in QUATERNION], axis=1)
        return np.concatenate([positions, quaternions], axis=1), []
    plain = [angle for angle in ANGLES if angle in columns]
    stated = next((unit for unit in ('rad', 'deg') if f'yaw_{unit}' in columns), None)
    measured = measured_yaw_unit(column('yaw' if stated is None else f'yaw_{stated}'), positions)
    exceeds = any(float(np.abs(column(angle)).max()) > FULL_TURN_RAD for angle in plain)
    degrees = measured == 'deg' or (measured is None and exceeds)
    angles = []
    for angle in ANGLES:
        if f'{angle}_rad' in columns:
            angles.append(column(f'{angle}_rad'))
        elif f'{angle}_deg' in columns:
            angles.append(np.radians(column(f'{angle}_deg')))
        else:
            angles.append(np.radians(column(angle)) if degrees else column(angle))
    checks = yaw_unit_checks(name, stated, measured, exceeds, bool(np.any(angles)))
    heading = next((one for one in columns if one.startswith('heading')), None)
    if heading is not None:
        unit = heading.partition('_')[2] or None
        angles[2], found = yaw_of_headings(name, column(heading), unit, positions)
        checks += found
    turns = Rotation.from_euler('xyz', np.stack(angles, axis=1))
    return np.concatenate([positions, turns.as_quat()], axis=1), checks
