# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""TUM trajectory files: one pose a line, ``timestamp x y z qx qy qz qw``, ``#`` for remarks.

The format of https://cvg.cit.tum.de/data/datasets/rgbd-dataset/file_formats; stamps are seconds,
commas are taken for spaces.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path

from avpr_ros.arrays import FloatArray, IntArray
from avpr_ros.errors import SourceError
from avpr_ros.files import write_text_atomically
from avpr_ros.sources.poses.pose_track import PoseTrack
from avpr_ros.stamps import NS_PER_S, stamp_text

#: Numbers from here on cannot be seconds since 1970 (the year is 2106): they are nanoseconds.
_NANOSECONDS_FROM = 2**32
#: The same time in nanoseconds; below it, differences of stamps stay within 64 bits.
LATEST_NS = _NANOSECONDS_FROM * NS_PER_S


def parse_stamp_ns(text: str) -> int:
    """Return nanoseconds of a decimal number of seconds (or whole nanoseconds), to the last digit.

    Raises:
        ValueError: not a number, negative, or beyond the year 2106.
    """
    try:
        number = Decimal(text.strip())
    except InvalidOperation as error:
        raise ValueError(f'{text!r} is no time stamp') from error
    if not number.is_finite() or not 0 <= number < LATEST_NS:
        raise ValueError(f'{text!r} is no time stamp')
    return int(number if number >= _NANOSECONDS_FROM else number * NS_PER_S)


def read_tum(path: Path) -> PoseTrack:
    """Read a trajectory.

    Raises:
        SourceError: no such file, a line that is no pose, or no pose at all.
    """
    try:
        lines = path.read_text(encoding='utf-8').splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f'TUM file {path} cannot be read: {error}.') from error
    stamps: list[int] = []
    rows: list[list[float]] = []
    for number, line in enumerate(lines, start=1):
        fields = line.split('#')[0].replace(',', ' ').split()
        if not fields:
            continue
        try:
            if len(fields) != 8:
                raise ValueError(f'{len(fields)} numbers')
            stamps.append(parse_stamp_ns(fields[0]))
            rows.append([float(value) for value in fields[1:]])
        except ValueError as error:
            raise SourceError(
                f'Line {number} of TUM file {path} is no pose ({error}): it needs timestamp x y z '
                'qx qy qz qw.'
            ) from error
    return PoseTrack.from_samples(stamps, rows, f'TUM file {path}')


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
