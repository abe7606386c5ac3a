# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""TUM trajectory files: one pose a line, ``timestamp x y z qx qy qz qw``, ``#`` for remarks.

The format of https://cvg.cit.tum.de/data/datasets/rgbd-dataset/file_formats; stamps are seconds
or, by their magnitude, milli-, micro- or nanoseconds; commas and semicolons are taken for spaces.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from avpr_ros.arrays import FloatArray, IntArray
from avpr_ros.errors import SourceError
from avpr_ros.sources.checks.pose_checks import skipped_rows_check
from avpr_ros.sources.poses.pose_track import PoseTrack
from avpr_ros.sources.poses.stamp_units import parse_time, stamps_in_unit
from avpr_ros.sources.text_files import read_text
from avpr_ros.stamps import stamp_text
from avpr_ros.storage.files import write_text_atomically

_COLUMNS = ('qx', 'qy', 'qz', 'qw')


def read_tum(path: Path) -> PoseTrack:
    """Read a trajectory; lines that are no poses are skipped and counted.

    Raises:
        SourceError: no such file, quaternions in another order, or no pose at all.
    """
    lines = read_text(path, f'TUM file {path}').splitlines()
    times: list[Decimal] = []
    rows: list[list[float]] = []
    faults: list[str] = []
    for number, line in enumerate(lines, start=1):
        fields = _fields(line.split('#')[0])
        if not rows and _is_header(line, path):
            continue
        if not fields:
            continue
        if len(fields) > 1 and ':' in fields[1]:  # date and time of day
            fields[:2] = [f'{fields[0]} {fields[1]}']
        try:
            if len(fields) != 8:
                raise ValueError(f'{len(fields)} numbers')
            row = [float(value) for value in fields[1:]]
            times.append(parse_time(fields[0], None))
            rows.append(row)
        except ValueError as error:
            faults.append(f'line {number}: {error}')
    if not rows:
        fault = f' ({faults[0]})' if faults else ''
        raise SourceError(
            f'TUM file {path} has no line that is a pose{fault}: it needs timestamp x y z '
            'qx qy qz qw.'
        )
    stamps, _ = stamps_in_unit(times, None)
    track = PoseTrack.from_samples(stamps, rows, f'TUM file {path}')
    first = faults[0] if faults else ''
    return replace(track, rows=skipped_rows_check(path.name, len(faults), len(rows), first))


def _fields(line: str) -> list[str]:
    """Return the numbers of a line; beside semicolons, commas are decimal marks."""
    if ';' in line:
        return line.replace(',', '.').replace(';', ' ').split()
    return line.replace(',', ' ').split()


def _is_header(line: str, path: Path) -> bool:
    """Return whether a line names the columns.

    Raises:
        SourceError: it names them in another order than the format has.
    """
    names = [name.lower() for name in _fields(line.replace('#', ' '))]
    places = [
        next((i for i, name in enumerate(names) if name.endswith(column)), -1)
        for column in _COLUMNS
    ]
    if min(places, default=-1) < 0:
        return False
    if places != sorted(places):
        raise SourceError(
            f'TUM file {path} names its columns {" ".join(names)}, not timestamp x y z qx qy qz '
            'qw: give it as a CSV file, whose columns are read by their names.'
        )
    return not line.lstrip().startswith('#')


def write_tum(path: Path, stamps_ns: IntArray, rows: FloatArray) -> None:
    """Write N poses.

    Args:
        path: replaced in one step if it exists.
        stamps_ns: (N,) stamps; written in seconds, exact to the nanosecond.
        rows: (N, 7) ``x y z qx qy qz qw``, metres; written with nine decimals.
    """
    lines = [
        tum_line(stamp_ns, [f'{value:.9f}' for value in row])
        for stamp_ns, row in zip(stamps_ns.tolist(), rows, strict=True)
    ]
    write_text_atomically(path, ''.join(lines))


def tum_line(stamp_ns: int, numbers: Sequence[str]) -> str:
    """Return the line of a pose given its ``x y z qx qy qz qw`` as text."""
    return f'{stamp_text(stamp_ns)} {" ".join(numbers)}\n'
